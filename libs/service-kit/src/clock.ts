import { Injectable } from '@nestjs/common';

/** The time of day, as a dependency: the only way services learn it. */
export abstract class Clock {
  abstract now(): Date;
}

/** The machine's clock. */
@Injectable()
export class SystemClock extends Clock {
  now(): Date {
    return new Date();
  }
}
