import type { Told } from './told.js';

/** Mail programs show no more of it. */
const MAX_SUBJECT_LENGTH = 120;

export interface Email {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly attachments?: { readonly filename: string; readonly contentType: string; readonly content: Buffer }[];
}

/** A message for people, in plain text and in as little HTML as there can be: no pictures, no styles, one link. */
export function emailOf(told: Told): Email {
  const { title, facts, contact, reasons, link } = told;
  const company = facts.find(([name]) => name === 'company')?.[1];
  const answer = link === undefined ? [] : ['Accept or decline:', link];
  const why = reasons.length === 0 ? [] : ['Why it has this grade:', ...reasons.map((reason) => `- ${reason}`)];
  const rows = (all: Told['facts']) => all.map(([name, value]) => `${name}: ${value}`);
  const paragraphs = [[title], rows(facts), rows(contact), why, answer].filter((lines) => lines.length > 0);
  return {
    subject: [...(company === undefined ? title : `${title}: ${company}`)].slice(0, MAX_SUBJECT_LENGTH).join(''),
    text: `${paragraphs.map((lines) => lines.join('\n')).join('\n\n')}\n`,
    html: htmlOf(told),
  };
}

function htmlOf({ title, facts, contact, reasons, link }: Told): string {
  const rows = [...facts, ...contact].map(([name, value]) => `<tr><td>${name}</td><td>${escaped(value)}</td></tr>`);
  return [
    `<!doctype html><html lang="en"><body><p><b>${escaped(title)}</b></p><table>${rows.join('')}</table>`,
    ...(reasons.length > 0 ? [`<ul>${reasons.map((reason) => `<li>${escaped(reason)}</li>`).join('')}</ul>`] : []),
    ...(link === undefined ? [] : [`<p><a href="${escaped(link)}">Accept or decline</a></p>`]),
    '</body></html>',
  ].join('\n');
}

export function escaped(text: string): string {
  return text.replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}
