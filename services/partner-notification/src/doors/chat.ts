import type { Exchange } from '@fairlead/platform/outgoing';
import type { CameBack, Flavour } from './door.js';
import type { Told } from './told.js';

/** What a chat's incoming webhook is sent. There is no contact in it, because nobody knows who reads along: the link leads to the offer. */
export function chatMessage({ title, facts, reasons, link }: Told, flavour: Flavour): object {
  return flavour === 'slack' ? slack(title, facts, reasons, link) : teams(title, facts, reasons, link);
}

/** `&`, `<` and `>` are all that begins anything in Slack's format: without them nobody is mentioned and nothing is linked. */
function slack(title: string, facts: Told['facts'], reasons: readonly string[], link: string | undefined): object {
  const quoted = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
  const lines = [
    title,
    ...facts.map(([name, value]) => `${name}: ${value}`),
    ...reasons.map((reason) => `• ${reason}`),
  ];
  const answer = link === undefined ? [] : [`<${link}|Accept or decline>`];
  return { text: [...lines.map(quoted), ...answer].join('\n') };
}

/** Runs of text are shown as they are; a card's other texts are Markdown. */
function teams(title: string, facts: Told['facts'], reasons: readonly string[], link: string | undefined): object {
  const lines = [...facts.map(([name, value]) => `${name}: ${value}`), ...reasons.map((reason) => `• ${reason}`)];
  const block = (text: string, weight?: string) => ({
    type: 'RichTextBlock',
    inlines: [{ type: 'TextRun', text, ...(weight !== undefined && { weight }) }],
  });
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        content: {
          ...{ $schema: 'http://adaptivecards.io/schemas/adaptive-card.json', type: 'AdaptiveCard', version: '1.4' },
          body: [block(title, 'Bolder'), ...lines.map((each) => block(each))],
          actions: link === undefined ? [] : [{ type: 'Action.OpenUrl', title: 'Accept or decline', url: link }],
        },
      },
    ],
  };
}

/** Some say in the body of a 200 that it did not work. Taken is what they are known to say when it did, or nothing at all. */
export function chatAnswer(exchange: Exchange): CameBack {
  if (exchange.outcome !== 'answered' || exchange.status < 200 || exchange.status > 299) return exchange;
  const text = exchange.beginning.toString('utf8').trim();
  if (text === '' || text === 'ok' || text === '1' || saysSo(text)) return exchange;
  const { durationMs, beginning, status } = exchange;
  return { outcome: 'refused', why: 'chat-refused', status, final: false, durationMs, beginning };
}

function saysSo(text: string): boolean {
  try {
    const said = JSON.parse(text) as { ok?: unknown; success?: unknown; error?: unknown } | null;
    return (
      typeof said === 'object' &&
      said !== null &&
      said.ok !== false &&
      said.success !== false &&
      said.error === undefined
    );
  } catch {
    return false;
  }
}
