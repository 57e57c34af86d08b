import { Injectable } from '@nestjs/common';

/** Whether the service may get work. */
@Injectable()
export class Lifecycle {
  state: 'starting' | 'started' | 'stopping' = 'starting';
}
