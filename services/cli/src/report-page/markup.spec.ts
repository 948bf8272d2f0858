import { markup } from './markup.js';

describe('a page’s text', () => {
  it('lets nothing that comes from elsewhere be taken for markup, in text or in attributes', () => {
    const name = `<script>alert("1")</script>'\`&`;
    expect(markup`<p title="${name}">${name}</p>`.text).toBe(
      '<p title="&#60;script&#62;alert(&#34;1&#34;)&#60;/script&#62;&#39;&#96;&#38;">&#60;script&#62;alert(&#34;1&#34;)&#60;/script&#62;&#39;&#96;&#38;</p>',
    );
  });

  it('leaves out what is absent, and puts lists one after the other', () => {
    const items = ['a', 2].map((each) => markup`<li>${each}</li>`);
    expect(markup`<ul>${items}${undefined}${null}${false}${0}</ul>`.text).toBe('<ul><li>a</li><li>2</li>0</ul>');
  });
});
