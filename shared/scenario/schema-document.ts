// The JSON Schema of scenario files as editors read it (docs/scenario.schema.json), and the reference for people. Both are generated from the
// one schema and held by a test.

import { scenarioFileSchema } from './file-schema.ts';
import { describeSchema, type Schema } from './schema-check.ts';
import { standardTables } from './standard-tables.ts';

const LINE_WIDTH = 120;

export function schemaDocument(): string {
  const document = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    ...JSON.parse(JSON.stringify(scenarioFileSchema)),
  };
  return `${formatJson(document, 0)}\n`;
}

/** JSON laid out as the formatter of this repository wants it: arrays on one line where they fit. */
function formatJson(value: unknown, indent: number, lead = 0): string {
  const inner = ' '.repeat(indent + 2);
  const close = ' '.repeat(indent);
  if (Array.isArray(value)) {
    const oneLine = `[${value.map((item) => JSON.stringify(item)).join(', ')}]`;
    const simple = value.every((item) => typeof item !== 'object');
    if (value.length === 0 || (simple && indent + lead + oneLine.length + 1 <= LINE_WIDTH)) return oneLine;
    const items = value.map((item) => `${inner}${formatJson(item, indent + 2)}`);
    return `[\n${items.join(',\n')}\n${close}]`;
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, item]) => {
    const name = `${JSON.stringify(key)}: `;
    return `${inner}${name}${formatJson(item, indent + 2, name.length)}`;
  });
  return entries.length === 0 ? '{}' : `{\n${entries.join(',\n')}\n${close}}`;
}

/** The reference: one table per mapping of the file. */
export function schemaReference(): string {
  const sections: string[] = [];
  describeMap('The file', scenarioFileSchema as Schema, sections);
  const head = [
    '# Reference of scenario files',
    '',
    'Generated from the schema; `scenario.schema.json` beside it is the same for editors. How to use it all: [scenarios](scenarios.md).',
    '',
  ];
  for (const [name, policy] of standardTables().policies) {
    describeMap(`Arguments of the policy \`${name}\``, { ...policy.schema, description: policy.summary }, sections);
  }
  return [...head, ...sections].join('\n');
}

function describeMap(title: string, schema: Schema, sections: string[]): void {
  const inner: [string, Schema][] = [];
  const rows = Object.entries(schema.properties ?? {}).map(([key, property]) => {
    inner.push(...nestedMaps(key, property));
    const required = schema.required?.includes(key) === true;
    const standard = property.default === undefined ? '' : `\`${String(property.default)}\``;
    const what = cell(property.const === undefined ? (property.description ?? '') : 'Says which.');
    return `| \`${key}\` | ${cell(describeSchema(property))} | ${required ? 'required' : standard} | ${what} |`;
  });
  const description = schema.description === undefined ? [] : [schema.description, ''];
  sections.push(
    `## ${title}`,
    '',
    ...description,
    '| key | value | default | meaning |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  );
  for (const [name, nested] of inner)
    describeMap(title === 'The file' ? `\`${name}\`` : `${title} › \`${name}\``, nested, sections);
}

function nestedMaps(key: string, schema: Schema): readonly [string, Schema][] {
  if (key === 'arguments' || schema['x-unit'] !== undefined || isBound(schema)) return [];
  if (schema.anyOf !== undefined) return schema.anyOf.flatMap((each) => nestedMaps(key, each));
  if (schema.items !== undefined) return nestedMaps(key, schema.items);
  if (schema.properties === undefined) return [];
  const kind = Object.entries(schema.properties).find(([, property]) => property.const !== undefined);
  return [[kind === undefined ? key : `${key}, ${kind[0]}: ${String(kind[1].const)}`, schema]];
}

function isBound(schema: Schema): boolean {
  return (
    schema.anyOf?.some(
      (each) => each.properties?.['atLeast'] !== undefined && each.properties['atMost'] !== undefined,
    ) ?? false
  );
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
