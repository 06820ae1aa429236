// The OpenAPI 3.1 document of the routes, from the very schemas that check requests and describe answers: JSON Schema is what OpenAPI 3.1
// speaks, so nothing is translated. It grows as routes are registered.

import type { FastifyInstance, RouteOptions } from 'fastify';

declare module 'fastify' {
  interface FastifySchema {
    summary?: string;
    /** Media type of the successful answer. */
    answers?: string;
  }
}

export interface RouteDescription {
  readonly summary?: string;
  readonly params?: { readonly properties?: Readonly<Record<string, unknown>> };
  readonly querystring?: {
    readonly properties?: Readonly<Record<string, unknown>>;
    readonly required?: readonly string[];
  };
  readonly body?: unknown;
  readonly response?: Readonly<Record<string, unknown>>;
  /** Of the successful answer; JSON when absent. */
  readonly answers?: string;
}

export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly components: object;
  readonly security: readonly object[];
  readonly paths: Record<string, Record<string, unknown>>;
}

/** To be called before routes are registered. */
export function describeRoutes(server: FastifyInstance): OpenApiDocument {
  const document: OpenApiDocument = {
    openapi: '3.1.0',
    info: { title: 'Lightsout', version: '0.1.0', description: 'Operates a cluster: VMs, hosts, migrations, events.' },
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    security: [{ token: [] }],
    paths: {},
  };
  server.addHook('onRoute', (route) => {
    const methods = [route.method].flat().filter((method) => method !== 'HEAD');
    for (const method of methods) addOperation(document, method, route);
  });
  return document;
}

function addOperation(document: OpenApiDocument, method: string, route: RouteOptions): void {
  const schema = (route.schema ?? {}) as RouteDescription;
  const path = route.url.replaceAll(/:(\w+)/g, '{$1}');
  const words = path.split(/[/{}.]+/).filter((word) => word !== '' && word !== 'v1');
  const parameters = [
    ...Object.entries(schema.params?.properties ?? {}).map(([name, of]) => {
      return { name, in: 'path', required: true, schema: of };
    }),
    ...Object.entries(schema.querystring?.properties ?? {}).map(([name, of]) => {
      return { name, in: 'query', required: schema.querystring?.required?.includes(name) === true, schema: of };
    }),
  ];
  const operations = document.paths[path] ?? {};
  document.paths[path] = operations;
  operations[method.toLowerCase()] = {
    operationId: [method.toLowerCase(), ...words].join('-'),
    ...(schema.summary === undefined ? {} : { summary: schema.summary }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(schema.body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: schema.body } } } }),
    responses: responses(schema),
    ...(path === '/healthz' ? { security: [] } : {}),
  };
}

function responses({ response = {}, answers }: RouteDescription): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(response).map(([status, schema]) => {
      const isProblem = /^[45]/.test(status);
      const type = isProblem ? 'application/json' : (answers ?? 'application/json');
      const description = isProblem ? 'refused or failed' : 'done';
      return [status.toUpperCase(), { description, content: { [type]: { schema } } }];
    }),
  );
}
