import { Controller } from '@nestjs/common';
import { AddNote, addNote, type CallContext, type TimelineEntry } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { AddNoteHandler } from './add-note.handler.js';

@Controller()
export class AddNoteRpc {
  constructor(private readonly handler: AddNoteHandler) {}

  @Rpc(addNote)
  add(request: AddNote, context: CallContext): Promise<TimelineEntry> {
    return this.handler.execute(request, context);
  }
}
