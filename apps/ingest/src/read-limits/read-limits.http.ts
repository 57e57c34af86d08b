import { Controller, Get, Inject } from '@nestjs/common';
import { type IngestLimits, limitsDocument } from '../domain/limits.js';
import { LIMITS } from '../ingest.tokens.js';

@Controller('api/v1/limits')
export class ReadLimitsController {
  constructor(@Inject(LIMITS) private readonly limits: IngestLimits) {}

  @Get()
  read(): object {
    return limitsDocument(this.limits);
  }
}
