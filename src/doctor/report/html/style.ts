/**
 * Style of the report. Every pair of text and background has a contrast of at least 4.5 to 1 in both schemes; colour only repeats what a
 * word says. Nothing is fetched: the fonts are the reader's own.
 */
export const style = `
:root { color-scheme: light dark; --text: #1a1d21; --soft: #4d5661; --back: #ffffff; --pane: #f4f5f7; --edge: #c3c9d1; --error: #a3161f; --warning: #7a4a00; --note: #2b4f81; --good: #1c6b34; --mark: #ffefb0; --marktext: #1a1d21; --link: #0b4fa8; }
@media (prefers-color-scheme: dark) { :root { --text: #e6e9ed; --soft: #b0b8c2; --back: #16191d; --pane: #20252b; --edge: #454e59; --error: #ff9a9a; --warning: #ffc46b; --note: #a5c8ff; --good: #86d99c; --mark: #4f430f; --marktext: #fff6d5; --link: #9cc7ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 1.25rem 1.25rem 4rem; background: var(--back); color: var(--text); font: 1rem/1.5 system-ui, "Noto Sans", "Noto Sans CJK SC", sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; margin: 0 0 .25rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; } h3, h4 { font-size: 1rem; margin: 1rem 0 .25rem; }
p { margin: .4rem 0; } ul, ol { margin: .4rem 0; padding-left: 1.5rem; }
a { color: var(--link); } a:focus-visible, summary:focus-visible, [tabindex]:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 3px; }
.skip { position: absolute; left: -100vw; } .skip:focus { left: 1rem; top: .5rem; background: var(--back); padding: .5rem; }
.soft { color: var(--soft); } .error { color: var(--error); } .warning { color: var(--warning); } .note { color: var(--note); } .good { color: var(--good); }
.counts { display: flex; flex-wrap: wrap; gap: .4rem 1.4rem; list-style: none; padding: 0; font-weight: 600; }
details.finding { border: 1px solid var(--edge); border-left: 5px solid currentcolor; border-radius: 6px; margin: .7rem 0; padding: .55rem .9rem; }
details.finding > *:not(summary) { color: var(--text); }
summary { cursor: pointer; } summary .claim { color: var(--text); display: block; margin: .15rem 0 0 1.1rem; }
summary .word { font-weight: 700; letter-spacing: .03em; } summary .code { color: var(--text); font-weight: 600; } summary .sure { color: var(--soft); font-weight: 400; }
.children { margin-left: .6rem; padding-left: .8rem; border-left: 2px dashed var(--edge); }
figure { margin: .6rem 0; } figcaption { color: var(--soft); font-size: .9rem; }
.pane { background: var(--pane); border: 1px solid var(--edge); border-radius: 4px; overflow: auto; max-height: 24rem; }
.pane table { border-collapse: collapse; font: .84rem/1.45 ui-monospace, "DejaVu Sans Mono", "Noto Sans Mono CJK SC", monospace; min-width: 100%; }
.pane td { padding: 0 .6rem; vertical-align: top; white-space: pre-wrap; width: 100%; } .pane td.n { width: auto; min-width: 3.5rem; text-align: right; color: var(--soft); user-select: none; white-space: nowrap; }
.pane tr.hit td { background: var(--mark); color: var(--marktext); } .pane tr.why td { background: var(--mark); color: var(--marktext); font-family: system-ui, sans-serif; font-weight: 600; }
mark { background: none; color: inherit; }
pre { background: var(--pane); border: 1px solid var(--edge); border-radius: 4px; padding: .35rem .6rem; margin: .25rem 0; overflow-x: auto; white-space: pre-wrap; font: .84rem/1.45 ui-monospace, "DejaVu Sans Mono", monospace; }
code { font: .9em ui-monospace, "DejaVu Sans Mono", monospace; }
table.list { border-collapse: collapse; width: 100%; } table.list th, table.list td { text-align: left; vertical-align: top; padding: .25rem .8rem .25rem 0; border-bottom: 1px solid var(--edge); }
.lane { display: flex; flex-wrap: wrap; row-gap: .8rem; list-style: none; padding: 0; margin: .5rem 0; }
.hop { flex: 1 1 8rem; max-width: 15rem; border: 1px solid var(--edge); border-radius: 6px; padding: .45rem .6rem; background: var(--pane); margin-right: 1.5rem; position: relative; font-size: .92rem; }
.hop:last-child { margin-right: 0; } .hop:not(:last-child)::after { content: "\\2192"; position: absolute; right: -1.35rem; top: .4rem; color: var(--soft); font-size: 1.1rem; }
.hop .layer, .hop .state { font-weight: 700; } .hop .state { display: block; } .hop.ahead { border-style: dashed; }
.hop.failed { flex: 2 1 12rem; max-width: none; border: 3px solid var(--error); background: var(--back); } .failing { border: 3px solid var(--error); border-radius: 6px; padding: .3rem .9rem .6rem; margin: .5rem 0 1.2rem; } .failing.unknown { border-color: var(--warning); }
.verdict { font-size: 1.1rem; }
@media (max-width: 48rem) { .lane { flex-direction: column; row-gap: 1.5rem; } .hop, .hop.failed { flex: none; max-width: none; margin: 0; } .hop:not(:last-child)::after { content: "\\2193"; right: auto; left: 1rem; top: auto; bottom: -1.6rem; } }
@media print { details::details-content { content-visibility: visible; } .pane { max-height: none; } body { max-width: none; } }
`;
