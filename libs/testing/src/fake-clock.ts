/** A clock that stands still until it is told; takes the place of service-kit's `Clock`. */
export class FakeClock {
  private time: number;

  constructor(start: string | Date = '2026-01-01T00:00:00.000Z') {
    this.time = new Date(start).getTime();
  }

  now(): Date {
    return new Date(this.time);
  }

  set(time: string | Date): void {
    this.time = new Date(time).getTime();
  }

  advance(milliseconds: number): void {
    this.time += milliseconds;
  }
}
