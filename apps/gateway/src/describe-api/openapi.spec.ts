import { auditRoutes } from '../routes/audit.routes.js';
import { environmentRoutes } from '../routes/environment.routes.js';
import { incidentRoutes } from '../routes/incident.routes.js';
import { replayRoutes } from '../routes/replay.routes.js';
import { describeApi } from './openapi.js';

interface Operation {
  parameters?: { name: string; in: string; required: boolean }[];
  responses: Record<string, { description: string; content?: Record<string, { schema?: { required: string[] } }> }>;
}

const routes = [...auditRoutes, ...environmentRoutes, ...incidentRoutes, ...replayRoutes];
const { paths } = describeApi(routes, '1') as { paths: Record<string, Record<string, Operation>> };
const find = (method: string, path: string) => paths[`/api/v1/${path}`][method];
const parameters = (method: string, path: string, where: string) =>
  find(method, path)
    .parameters?.filter((parameter) => parameter.in === where)
    .map(({ name, required }) => [name, required]);

describe('describe-api', () => {
  it('describe-api - names the headers that a call needs or takes', () => {
    expect(parameters('put', 'environments/{environmentId}/posture', 'header')).toEqual([['If-Match', true]]);
    expect(parameters('patch', 'incidents/{incidentId}', 'header')).toEqual([['If-Match', true]]);
    expect(parameters('post', 'replays', 'header')).toEqual([['Idempotency-Key', false]]);
    expect(parameters('get', 'replays/{replayId}', 'header')).toEqual([]);
  });

  it('describe-api - requires nothing that may be left out', () => {
    for (const path of ['replays', 'incidents', 'escalations']) {
      expect(parameters('get', path, 'query')?.filter(([, required]) => required)).toEqual([]);
    }
  });

  it('describe-api - says what each call answers', () => {
    expect(find('post', 'replays').responses[202].description).toBe('The replay as it is then');
    expect(find('get', 'replays').responses[200].content?.['application/json'].schema?.required).toEqual(['items', 'nextCursor']);
    expect(find('delete', 'targets/{targetId}').responses[204]).toEqual({ description: 'Nothing' });
    const said = Object.values(paths).flatMap((methods) => Object.values(methods).map(({ responses }) => responses));
    expect(said.flatMap((responses) => Object.values(responses)).filter(({ description }) => !description)).toEqual([]);
  });
});
