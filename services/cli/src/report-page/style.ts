/** Of every report: paper and ink by day and by night, four tones that the colour-blind can tell apart, and print. No fonts, no pictures. */
export const STYLE = `
:root{color-scheme:light dark;--paper:#fff;--tint:#f4f6f9;--ink:#18212d;--quiet:#566173;--rule:#d5dbe3;
--first:#0b5fa5;--second:#c0420a;--third:#1f7a55;--fourth:#7b4aa8;--good:#1f7a55;--bad:#b3261e}
@media (prefers-color-scheme:dark){:root{--paper:#11161d;--tint:#1a212b;--ink:#e7ecf2;--quiet:#a2aebd;--rule:#333e4b;
--first:#6db4f0;--second:#ff9a66;--third:#5cc79a;--fourth:#c4a2ea;--good:#5cc79a;--bad:#ff8a80}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
.page{max-width:74rem;margin:0 auto;padding:2rem clamp(1rem,4vw,3rem) 4rem}
h1{font-size:clamp(1.6rem,4.5vw,2.4rem);line-height:1.15;margin:0 0 .75rem;letter-spacing:-.015em;text-wrap:balance}
h2{font-size:1.35rem;line-height:1.25;margin:0 0 .5rem;padding-top:1.1rem;border-top:2px solid var(--ink)}
h3{font-size:1.05rem;margin:1.5rem 0 .25rem}
p{margin:.5rem 0;max-width:46rem}
.kicker{margin:0 0 .4rem;color:var(--quiet);font-size:.85rem;letter-spacing:.04em;text-transform:uppercase}
.lead{font-size:1.1rem}
.quiet{color:var(--quiet);font-size:.9rem}
a{color:var(--first)}
code,kbd{font:.875em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
pre{background:var(--tint);border:1px solid var(--rule);border-radius:6px;padding:.75rem 1rem;white-space:pre-wrap;overflow-wrap:anywhere;margin:.75rem 0}
section{margin-top:2.75rem}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;list-style:none;margin:1.25rem 0 0;padding:0;font-size:.95rem}
blockquote{margin:1rem 0;padding:.1rem 0 .1rem 1rem;border-left:4px solid var(--rule);max-width:46rem}
blockquote.first{border-color:var(--first)}blockquote.second{border-color:var(--second)}
blockquote.third{border-color:var(--third)}blockquote.fourth{border-color:var(--fourth)}
blockquote cite{display:block;font-style:normal;font-weight:600;font-size:.9rem}
.keys{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,18rem),1fr));gap:.75rem;margin:1.5rem 0}
.key{margin:0;background:var(--tint);border:1px solid var(--rule);border-radius:8px;padding:.8rem 1rem}
.key dt{color:var(--quiet);font-size:.85rem;line-height:1.35}
.key dd{margin:.15rem 0 0;font-size:1.6rem;line-height:1.2;font-weight:650;font-variant-numeric:tabular-nums}
.key dd+dd{font-size:.85rem;font-weight:400;color:var(--quiet);line-height:1.4;margin-top:.25rem}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:1.5rem 2rem;margin:1.25rem 0}
figure{margin:0;min-width:0}
figcaption{font-weight:600;line-height:1.35}
figcaption small{display:block;font-weight:400;color:var(--quiet);font-size:.875rem}
.legend{display:flex;flex-wrap:wrap;gap:.1rem 1rem;list-style:none;margin:.35rem 0 .1rem;padding:0;font-size:.875rem}
.legend svg{width:26px;height:12px;margin-right:.4rem;vertical-align:-1px}
figure>svg{display:block;width:100%;height:auto}
details{margin:.25rem 0 0;font-size:.9rem}
summary{cursor:pointer;color:var(--quiet)}
.wide{overflow-x:auto;margin:.25rem 0 .75rem;position:relative;max-width:100%}
.wide:focus-visible,summary:focus-visible,a:focus-visible{outline:2px solid var(--first);outline-offset:2px}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.875rem;min-width:100%}
.caption{color:var(--quiet);margin:1rem 0 0;font-size:.875rem;max-width:none}
caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
th,td{padding:.3rem .6rem;text-align:right;white-space:nowrap;border-bottom:1px solid var(--rule)}
thead th{vertical-align:bottom;font-weight:600;color:var(--quiet);border-bottom:1px solid var(--ink)}
th.text,td.text{text-align:left}
td.prose{white-space:normal;text-align:left;min-width:14rem}
tbody th{font-weight:600;text-align:left}
tr.total th,tr.total td{border-top:1px solid var(--ink);font-weight:650}
td.good{color:var(--good);font-weight:600}td.bad{color:var(--bad);font-weight:600}td.mark{background:var(--tint);font-weight:650}
.facts{display:grid;grid-template-columns:minmax(7rem,max-content) minmax(0,1fr);gap:.25rem 1.25rem;margin:1rem 0;font-size:.9rem}
.facts dt{color:var(--quiet)}.facts dd{margin:0;overflow-wrap:anywhere}
@media (max-width:30rem){.facts{grid-template-columns:minmax(0,1fr)}.facts dt{margin-top:.4rem}}
svg text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;fill:var(--quiet)}
@media (max-width:30rem){figure svg text{font-size:13.5px}}
svg .grid{stroke:var(--rule);stroke-width:1}
svg .zero{stroke:var(--ink);stroke-width:1}
svg .line{fill:none;stroke-width:2.5;stroke-linejoin:round;stroke-linecap:round}
svg .band{opacity:.16;stroke:none}
svg .whisker{stroke:var(--ink);stroke-width:1.25;fill:none}
svg .first{--tone:var(--first)}svg .second{--tone:var(--second)}svg .third{--tone:var(--third)}svg .fourth{--tone:var(--fourth)}
svg .line.first,svg .line.second,svg .line.third,svg .line.fourth{stroke:var(--tone)}
svg .fill.first,svg .fill.second,svg .fill.third,svg .fill.fourth,svg .band.first,svg .band.second,svg .band.third,svg .band.fourth{fill:var(--tone)}
svg .paper{fill:var(--paper)}
footer{margin-top:3rem;border-top:1px solid var(--rule);padding-top:.75rem}
@media print{:root{--paper:#fff;--tint:#f4f6f9;--ink:#000;--quiet:#444;--rule:#bbb;--first:#0b5fa5;--second:#c0420a;--third:#1f7a55;--fourth:#7b4aa8;--good:#1f7a55;--bad:#b3261e}
@page{margin:14mm}body{font-size:10pt}.page{max-width:none;padding:0}nav,details{display:none}
figure,.key,.charts,tr{break-inside:avoid}h2,h3,.caption{break-after:avoid}section{margin-top:1.5rem}.keys{grid-template-columns:repeat(3,1fr);gap:.5rem}.wide{overflow:visible}table{font-size:7.5pt}th,td{padding:.15rem .3rem}
.charts{grid-template-columns:1fr 1fr;gap:1rem}}
`.trim();
