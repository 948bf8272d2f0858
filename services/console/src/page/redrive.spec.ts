import { isReason, oneLine, redriveAll, redrivenInWords } from '../../page/src/screens/redrive.js';

const events = ['1', '2', '3', '4'].map((number) => ({ id: `routing.${number}` }));
const after = (answers: readonly (object | Error)[]) => {
  const asked: string[] = [];
  const redrive = (id: string) => {
    const answer = answers[asked.length];
    asked.push(id);
    return answer instanceof Error
      ? Promise.reject(answer)
      : Promise.resolve(answer as { redriven: number; errorClass?: string } | undefined);
  };
  return { asked, redrive };
};

describe('giving several parked events to their service again', () => {
  it('adds up what became of them, whoever else was quicker', async () => {
    const { redrive } = after([
      { redriven: 3 },
      undefined as never,
      { redriven: 0, errorClass: 'TypeError' },
      { redriven: 1 },
    ]);
    expect(redrivenInWords(await redriveAll(events, redrive))).toBe(
      '4 events were processed. 1 failed again, with TypeError: the cause is still there.',
    );
  });

  it('says what was done before the server refused, and how many are left', async () => {
    const { asked, redrive } = after([{ redriven: 2 }, new Error('Too many requests')]);
    const outcome = await redriveAll(events, redrive);
    expect(asked).toEqual(['routing.1', 'routing.2']);
    expect(redrivenInWords(outcome)).toBe(
      '2 events were processed. Then it stopped (Too many requests): 3 of those asked for may still be parked.',
    );
  });

  it('fails where nothing was done at all, so that it can be asked for again as it stands', async () => {
    await expect(redriveAll(events, after([new Error('Forbidden')]).redrive)).rejects.toThrow('Forbidden');
  });
});

describe('why something is given to its service again', () => {
  it.each([
    ['', false],
    [' \n ', false],
    [' ok ', false],
    ['yes', true],
    ['𝔭'.repeat(500), true],
    ['x'.repeat(501), false],
  ])('is a few words, and not a book: %j', (text, isOne) => {
    expect(isReason(oneLine(text))).toBe(isOne);
  });

  it('is on one line, whoever breaks it', () => {
    expect(oneLine(' the pool\n\nis there\tnow ')).toBe('the pool is there now');
  });
});
