import { yamlOf } from '../words/yaml.js';

/** What a pool is, whom it is promised to, how it is offered: as the documentation tells it. */
const ORDER = [
  ...['name', 'pools', 'id', 'match', 'requires', 'promise', 'promiseByGrade', 'direct', 'channel', 'tiers', 'offer'],
  ...['acceptWithin', 'maxOffers', 'needs', 'holdFor', 'then', 'revealContact'],
  ...['incomplete', 'notQualified', 'namedAccounts', 'list', 'ceiling'],
];

/** The document of a policy as somebody would have written it: the database keeps no order of keys. */
export function policyYaml(document: unknown): string {
  return yamlOf(document, ORDER);
}
