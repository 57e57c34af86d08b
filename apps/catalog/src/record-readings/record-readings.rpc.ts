import { Controller } from '@nestjs/common';
import { type CallContext, RecordReadings, recordReadings } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { RecordReadingsHandler } from './record-readings.handler.js';

@Controller()
export class RecordReadingsRpc {
  constructor(private readonly handler: RecordReadingsHandler) {}

  @Rpc(recordReadings)
  record({ readings }: RecordReadings, context: CallContext): Promise<{ recorded: number }> {
    return this.handler.execute(readings, context);
  }
}
