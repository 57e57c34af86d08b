/** Those of one process who wait at a target: only the first asks for a turn, which has to do with all processes. */
export class TargetLine {
  private readonly places: TargetPlace[] = [];

  enter(): TargetPlace {
    const place = new TargetPlace();
    this.places.push(place);
    return place;
  }

  leave(place: TargetPlace): void {
    this.places.splice(this.places.indexOf(place), 1);
    this.callFirst();
  }

  isFirst(place: TargetPlace): boolean {
    return this.places[0] === place;
  }

  isEmpty(): boolean {
    return this.places.length === 0;
  }

  /** Somebody's end may have made room. */
  callFirst(): void {
    this.places[0]?.call();
  }
}

/** A place in the line. */
export class TargetPlace {
  private called: () => void = () => undefined;

  call(): void {
    this.called();
  }

  /** Resolves when it is called, when the time is over, or when the signal aborts. */
  wait(withinMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.called = () => undefined;
        resolve();
      };
      const timer = setTimeout(done, withinMs);
      signal.addEventListener('abort', done);
      this.called = done;
    });
  }
}
