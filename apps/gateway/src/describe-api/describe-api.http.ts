import { Controller, Get, Header } from '@nestjs/common';
import { RouteTable } from '../routes/route-table.js';
import { describeApi } from './openapi.js';

export const API_VERSION = '0.1.0';

/** The machine-readable description of the operator API. */
@Controller()
export class DescribeApi {
  constructor(private readonly table: RouteTable) {}

  @Get('api/v1/openapi.json')
  @Header('Cache-Control', 'no-cache')
  describe(): Record<string, unknown> {
    return describeApi(this.table.routes, API_VERSION);
  }
}
