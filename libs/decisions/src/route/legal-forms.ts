import { foldName } from '../normalise/text.js';

// What a company is called, without what it is by law: `Nordlicht AG` and `NORDLICHT` are one name, `Nordlicht Süd` is
// another. Only whole words at the end of a name are left out, and only once.

/** By what is written at the end of a name, folded; a form of several words has a blank between them. */
const FORMS: readonly string[] = [
  // Germany, Austria, Switzerland
  ...words('ag gmbh ggmbh mbh gesmbh kg kgaa ohg gbr ug se ek ev eg'),
  ...['ug haftungsbeschrankt', 'ges mbh', 'ges m b h', 'g m b h'],
  // Britain, Ireland, North America, Australia, India, Singapore, Hong Kong
  ...words('ltd limited inc incorporated corp corporation llc llp lp pllc plc pty'),
  ...['pty ltd', 'pty limited', 'pte ltd', 'pte limited', 'pvt ltd', 'private limited', 'public limited company'],
  ...['co ltd', 'co limited', 'company limited', 'co inc', 'co llc', 'co pty ltd'],
  // France, Belgium, Luxembourg, the Netherlands
  ...words('sa sas sasu sarl eurl snc sca scs sprl srl bv nv vof bvba cvba'),
  // Italy, Spain, Portugal, Latin America
  ...words('srls sl slu sau ltda lda sapa'),
  ...['sa de cv', 'sas de cv', 'sab de cv', 'sapi de cv', 's de rl de cv', 's de r l de c v', 's a de c v'],
  // The North and the Baltic
  ...['ab', 'ab publ', ...words('hb kb aps as asa oy oyj ou uab')],
  // The East of Europe, and Asia
  ...words('sro doo kft zrt nyrt kk bhd'),
  ...['sp zoo', 'sp z oo', 'sp z o o', 'sp k', 'spol s r o', 'sdn bhd'],
];

/** Written letter by letter as often as in one: `S.A.`, `B. V.`, `A/S`, `s.r.o.`; folding leaves blanks between them. */
const SPELLED = words('ag kg ug ek ev eg se sa sas sarl snc sca srl bv nv sl slu as ab oy kk sro doo llc llp lp plc');

/** `X GmbH & Co. KG`: the partner with unlimited liability is a company itself. */
const PARTNERS = words('gmbh ag ug se ltd limited bv sa sarl mbh');
const PARTNERSHIPS = words('kg ohg kgaa');

const FORM_WORDS: ReadonlySet<string> = new Set([
  ...FORMS,
  ...SPELLED.map((form) => [...form].join(' ')),
  ...PARTNERSHIPS.flatMap((form) => [
    ...['', 'und ', 'and ', 'et '].flatMap((and) => [
      `${and}co ${form}`,
      ...PARTNERS.map((partner) => `${partner} ${and}co ${form}`),
      `ug haftungsbeschrankt ${and}co ${form}`,
    ]),
  ]),
]);
const LONGEST = Math.max(...[...FORM_WORDS].map((form) => form.split(' ').length));

/** A spa is a business of its own: these letters are a legal form only as Italians write it. */
const SOCIETA_PER_AZIONI = /(?<![\p{L}\p{N}])(?:SpA|S\.\s?[pP]\.\s?A\.?)\s*$/u;

/**
 * The name by which companies are compared: case, accents and punctuation make no difference, nor does a legal form at
 * the end. A name that is nothing but a legal form stays what it is: there are companies called `SAS` and `Limited`.
 * @returns empty for a text without a letter or digit
 */
export function companyKey(name: string): string {
  const folded = foldName(name);
  if (FORM_WORDS.has(folded)) return folded;
  const parts = folded.split(' ');
  if (parts.length > 1 && SOCIETA_PER_AZIONI.test(name)) {
    const rest = parts.at(-1) === 'spa' ? parts.slice(0, -1) : parts.slice(0, -3);
    return rest.length > 0 ? rest.join(' ') : folded;
  }
  for (let count = Math.min(LONGEST, parts.length - 1); count > 0; count--) {
    if (FORM_WORDS.has(parts.slice(-count).join(' '))) return parts.slice(0, -count).join(' ');
  }
  return folded;
}

function words(text: string): string[] {
  return text.split(' ');
}
