import { csvOf } from '../../page/src/charts/csv.js';
import { pointsOf, saysOf, shareOf } from '../../page/src/charts/figure-table.js';
import { ofWhat } from '../../page/src/screens/of-what.js';

describe('the file of a figure', () => {
  // A minus that is typeset, a sign in front and a unit behind made texts of numbers, and no program could reckon with them.
  it('holds numbers as they are reckoned with, where the page shows them as they are read', () => {
    const row = ['acme', 12, shareOf(0.3141), pointsOf(-0.024), pointsOf(0.003), shareOf(null)];
    expect(row.map(saysOf)).toEqual(['acme', 12, '31.4 %', '−2.4', '+0.3', '–']);
    const columns = ['Party', 'Leads', 'Share', 'Points', 'More', 'Promised'];
    expect(csvOf({ columns, rows: [row] })).toBe(
      'Party,Leads,Share,Points,More,Promised\r\nacme,12,0.3141,-2.4,0.3,\r\n',
    );
  });

  it('says in each row of what its numbers are', () => {
    const of = ofWhat({ from: '2026-01-01', pool: 'eu' }, { at: '2026-02-01T00:00:00.000Z' });
    expect(csvOf({ columns: ['Party'], rows: [['acme']] }, of)).toBe(
      'Party,from,to,pool,as of\r\nacme,2026-01-01,,eu,2026-02-01T00:00:00.000Z\r\n',
    );
  });

  it.each([['=1+1'], [' @cmd'], ['+49 30 1234'], ['-lead']])(
    'makes text of what a spreadsheet would run: %s',
    (text) => {
      expect(csvOf({ columns: ['Name'], rows: [[text]] })).toBe(`Name\r\n'${text}\r\n`);
    },
  );
});
