import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import directoryOfSwaggerUi from 'swagger-ui-dist/absolute-path.js';

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Reenact API</title>
<link rel="stylesheet" href="/api/docs/swagger-ui.css">
<link rel="icon" href="data:,">
</head>
<body>
<div id="api"></div>
<script src="/api/docs/swagger-ui-bundle.js"></script>
<script src="/api/docs/open.js"></script>
</body>
</html>
`;

const OPEN = `SwaggerUIBundle({ url: '/api/v1/openapi.json', dom_id: '#api', deepLinking: true, persistAuthorization: false });\n`;

// Only our own files run, and nothing is asked of other hosts.
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'";

/** Serves the API's reference page at `/api/docs`; until there is a console, `/` leads there. */
export async function serveApiDocs(instance: FastifyInstance): Promise<void> {
  await instance.register(fastifyStatic, {
    root: directoryOfSwaggerUi(),
    prefix: '/api/docs/',
    index: false,
    allowedPath: (path) => /^\/swagger-ui(-bundle\.js|\.css)$/.test(path),
  });
  instance.get('/', (_request, reply) => reply.redirect('/api/docs'));
  instance.get('/api/docs', (_request, reply) =>
    reply.type('text/html; charset=utf-8').header('content-security-policy', POLICY).send(PAGE),
  );
  instance.get('/api/docs/open.js', (_request, reply) => reply.type('text/javascript').send(OPEN));
}
