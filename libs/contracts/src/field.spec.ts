import { Time, TIME_PATTERN } from './field.js';
import { validate } from './validate.js';

class Noted {
  @Time() at: string;
}

describe('field', () => {
  it('time - takes every day that there is, and no other', () => {
    const two = (n: number) => String(n).padStart(2, '0');
    for (const year of [1900, 2000, 2023, 2024, 2100, 2026, 9999]) {
      for (let month = 0; month <= 13; month += 1) {
        for (let day = 0; day <= 32; day += 1) {
          const date = new Date(Date.UTC(year, month - 1, day));
          const exists = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
          const text = `${year}-${two(month)}-${two(day)}T00:00:00Z`;
          expect([text, TIME_PATTERN.test(text)]).toEqual([text, exists]);
        }
      }
    }
  });

  it.each([
    ['2026-11-23T12:00:00Z', true],
    ['2026-11-23T12:00:00.123456789+15:59', true],
    ['0001-01-01T00:00:00Z', true],
    ['0000-01-01T00:00:00Z', false],
    ['2026-02-30T00:00:00Z', false],
    ['2026-11-23T24:00:00Z', false],
    ['2026-11-23T12:00:60Z', false],
    ['2026-11-23T12:00:00', false],
    ['2026-11-23T12:00:00+16:00', false],
    ['2026-11-23 12:00:00Z', false],
    ['2026-11-23T12:00:00Z\n', false],
  ])('time - of %j says %s', (at, fits) => {
    const read = () => validate(Noted, { at }, { unknownFields: 'refuse' });
    if (fits) expect(read()).toEqual({ at });
    else expect(read).toThrow(expect.objectContaining({ code: 'validation_failed' }));
  });
});
