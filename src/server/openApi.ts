import { z } from 'zod';
import { PERMISSIONS } from './access.ts';
import type { Route } from './route.ts';
import { errorAnswerSchema, schemaNames } from './schemas.ts';

const COMPONENTS = '#/components/schemas/';

/** The OpenAPI 3.1 document of a table of routes. */
export function openApiDocument(routes: readonly Route[], version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method] = operation(route);
  return {
    openapi: '3.1.0',
    info: { title: 'Rondo', version, description: 'Radiotherapy contouring as a service. Research software, not for clinical use.' },
    paths,
    components: {
      schemas: { ...components('output'), ...only(components('input'), routes.flatMap(({ input: { body } }) => body ?? [])) },
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', description: 'A key of the configuration, or a token of its issuer. Without authentication in the configuration none is asked for.' } },
    },
  };
}

function operation({ method, path, summary, permission, statuses, input: { params, query, body }, content }: Route): Record<string, unknown> {
  const roles = permission === 'open' ? [] : PERMISSIONS[permission].filter((role) => role !== 'worker');
  const answer = 'schema' in content ? { 'application/json': { schema: reference(content.schema) } } : { [content.mediaType]: content.mediaType.startsWith('text/') ? { schema: { type: 'string' } } : {} };
  const parameters = [...parametersOf('path', params), ...parametersOf('query', query)];
  return {
    operationId: [method, ...path.split(/\W+/).filter(Boolean)].join('_'),
    summary,
    ...(permission === 'open' ? { security: [] } : { security: [{ bearer: [] }], description: `For the roles ${roles.join(', ')}.` }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { required: true, content: { 'application/json': { schema: reference(body) } } } }),
    responses: {
      ...Object.fromEntries(Object.entries(statuses).map(([status, description]) => [status, { description, content: answer }])),
      default: { description: 'What was wrong, what was expected, what to do', content: { 'application/json': { schema: reference(errorAnswerSchema) } } },
    },
  };
}

function parametersOf(place: 'path' | 'query', schema: z.ZodObject | undefined): Record<string, unknown>[] {
  return Object.entries(schema?.shape ?? {}).map(([name, part]) => {
    const whole = z.toJSONSchema(part as z.ZodType, { io: 'input' });
    return { name, in: place, required: place === 'path', ...(whole.description !== undefined && { description: whole.description }), schema: without(whole, '$schema', 'description') };
  });
}

function nameOf(schema: z.ZodType): string {
  const name = schemaNames.get(schema)?.id;
  // Only a mistake in the table: found by the first test that makes the document.
  if (name === undefined) throw new Error('a schema of the table of routes has no name');
  return name;
}

function reference(schema: z.ZodType): { $ref: string } {
  return { $ref: COMPONENTS + nameOf(schema) };
}

/** All named schemas, as what is sent (`input`) or as what is answered (`output`). */
function components(io: 'input' | 'output'): Record<string, unknown> {
  const { schemas } = z.toJSONSchema(schemaNames, { io, uri: (id) => COMPONENTS + id });
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, without(schema, '$schema', '$id')]));
}

function without(schema: object, ...keys: readonly string[]): object {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => !keys.includes(key)));
}

function only(all: Record<string, unknown>, schemas: readonly z.ZodType[]): Record<string, unknown> {
  return Object.fromEntries(schemas.map((schema) => [nameOf(schema), all[nameOf(schema)]]));
}
