import { Controller } from '@nestjs/common';
import { type CallContext, CreateProject, createProject, type Project } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { CreateProjectHandler } from './create-project.handler.js';

@Controller()
export class CreateProjectRpc {
  constructor(private readonly handler: CreateProjectHandler) {}

  @Rpc(createProject)
  create(request: CreateProject, context: CallContext): Promise<Project> {
    return this.handler.execute(request, context);
  }
}
