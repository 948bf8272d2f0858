/**
 * A schema under a name of its own among the components of the documents, for `@ApiBody({ schema })` and `@ApiProperty()`.
 * @param schema  JSON Schema as it is checked with; TypeBox's are such
 */
export function publishedSchema(name: string, schema: object): Record<string, unknown> {
  return { ...schema, $id: name };
}
