import type { Exchange } from '@fairlead/platform/outgoing';
import { chatAnswer, chatMessage } from './chat.js';
import { FLAVOURS } from './door.js';
import type { Told } from './told.js';

const told: Told = {
  title: 'A lead is offered to you',
  facts: [['company', 'A & B <!channel> <https://evil.test|click>']],
  contact: [['email', 'ada@example.com']],
  reasons: ['country is DE'],
  link: 'https://leads.vendor.test/v1/links/x',
};

describe('a message in a chat', () => {
  it.each(FLAVOURS)('never says whom to call, whoever hands that over: %s', (flavour) => {
    expect(JSON.stringify(chatMessage(told, flavour))).not.toContain('ada@');
  });

  it('mentions nobody in Slack, and has no link but ours', () => {
    expect(chatMessage(told, 'slack')).toEqual({
      text: [
        'A lead is offered to you',
        'company: A &amp; B &lt;!channel&gt; &lt;https://evil.test|click&gt;',
        '• country is DE',
        '<https://leads.vendor.test/v1/links/x|Accept or decline>',
      ].join('\n'),
    });
  });

  it('is nothing but text in Teams, and one button', () => {
    const card = JSON.stringify(chatMessage(told, 'teams'));
    expect(card).toContain('"type":"TextRun","text":"company: A & B <!channel> <https://evil.test|click>"');
    expect(card).not.toContain('"TextBlock"');
    expect(card.match(/Action\.OpenUrl/g)).toHaveLength(1);
  });
});

describe('what a chat answers', () => {
  const answered = (body: string, status = 200): Exchange => ({
    ...{ outcome: 'answered', status, retryAfter: undefined, durationMs: 1, beginning: Buffer.from(body) },
  });

  it.each(['', 'ok', '1', ' ok\n', '{}', '{"ok":true}', '{"text":"x"}'])('is taken: %j', (body) => {
    expect(chatAnswer(answered(body))).toMatchObject({ outcome: 'answered' });
  });

  it.each([
    ...['no_service', 'Webhook message delivery failed', 'false', 'null', '0', '"ok"', '<html>'],
    ...['{"ok":false}', '{"success":false}', '{"error":"invalid_token"}', '{"ok":true'],
  ])('is refused although it is a 200, and tried again: %j', (body) => {
    expect(chatAnswer(answered(body))).toMatchObject({
      outcome: 'refused',
      why: 'chat-refused',
      final: false,
      status: 200,
    });
  });

  it('is judged by its status where that is no 2xx', () => {
    expect(chatAnswer(answered('ok', 404))).toMatchObject({ outcome: 'answered', status: 404 });
  });
});
