namespace EdgeFleet.Compression.Report;

/// <summary>How the report looks: quiet sheets, one blue and one orange that differ for every eye, numbers in columns.</summary>
internal static class ReportStyle
{
    public const string Css = """

        :root {
          color-scheme: light dark;
          --ground: #f5f6f7; --sheet: #ffffff; --line: #dde1e5; --faint: #eef1f3; --ink: #1b2126; --soft: #5a6570;
          --best: #0a62a8; --wash: #e3eef8; --reference: #b85400; --bad: #a8261b; --dot: #8b97a3; --bar: #8fb4d6;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --ground: #121518; --sheet: #1a1f24; --line: #323a42; --faint: #242a31; --ink: #e6eaee; --soft: #9ba7b3;
            --best: #6db5f2; --wash: #1d3246; --reference: #f0a35c; --bad: #ff8f84; --dot: #7b8894; --bar: #3f6d97;
          }
        }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--ground); color: var(--ink); font: 400 0.9rem/1.5 system-ui, -apple-system, "Segoe UI", "Noto Sans", "Liberation Sans", sans-serif; font-variant-numeric: tabular-nums; }
        main { max-width: 78rem; margin: 0 auto; padding: 1.5rem 1.5rem 4rem; }
        h1 { font-size: 1.5rem; font-weight: 650; line-height: 1.25; margin: 0; overflow-wrap: anywhere; }
        h2 { font-size: 1.05rem; font-weight: 600; margin: 2.25rem 0 0.25rem; }
        h3 { font-size: 0.9rem; font-weight: 600; margin: 0 0 0.25rem; }
        p { margin: 0.25rem 0 0.75rem; max-width: 52rem; overflow-wrap: anywhere; }
        a { color: inherit; }
        .over { margin: 0; color: var(--soft); font-size: 0.8125rem; }
        .soft, figcaption small, .note { color: var(--soft); }
        .sheet { background: var(--sheet); border: 1px solid var(--line); border-radius: 8px; padding: 1rem 1.25rem; }
        .verdict { border-left: 4px solid var(--best); }
        .verdict.none { border-left-color: var(--bad); }
        .verdict .answer { font-size: 1.05rem; line-height: 1.45; margin: 0.5rem 0 0; max-width: 60rem; }
        .tiles { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 0.75rem; margin: 1rem 0 0; }
        .tile { border-top: 1px solid var(--line); padding-top: 0.5rem; }
        .tile b { display: block; font-size: 1.375rem; font-weight: 600; line-height: 1.3; }
        .tile .now { color: var(--best); }
        .tile span, .tile small { color: var(--soft); font-size: 0.8125rem; }
        .scroll { overflow-x: auto; }
        table { border-collapse: collapse; width: 100%; font-size: 0.8438rem; }
        th { text-align: left; font-weight: 600; color: var(--soft); font-size: 0.78rem; border-bottom: 1px solid var(--line); padding: 0.375rem 0.5rem; vertical-align: bottom; }
        td { border-bottom: 1px solid var(--faint); padding: 0.375rem 0.5rem; vertical-align: top; overflow-wrap: anywhere; }
        tr:last-child td { border-bottom: 0; }
        .n { text-align: right; white-space: nowrap; }
        tr.winner td { background: var(--wash); }
        tr.winner td:first-child { box-shadow: inset 3px 0 var(--best); }
        tr.dominated td { color: var(--soft); }
        tr:target td { outline: 2px solid var(--best); outline-offset: -2px; }
        .tag { color: var(--best); font-weight: 600; white-space: nowrap; }
        .tag.bad { color: var(--bad); }
        .grid { display: grid; gap: 1rem; }
        .scatters { grid-template-columns: repeat(auto-fit, minmax(21rem, 1fr)); }
        .columns { grid-template-columns: repeat(auto-fit, minmax(26rem, 1fr)); gap: 0 2rem; }
        .columns svg { max-width: 40rem; }
        .histograms { grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr)); }
        figure { margin: 0; min-width: 0; }
        figcaption { font-size: 0.8125rem; font-weight: 600; }
        figcaption small { display: block; font-weight: 400; font-size: 0.78rem; }
        .histograms figcaption { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
        svg { display: block; width: 100%; height: auto; font: 400 11px system-ui, -apple-system, "Segoe UI", "Noto Sans", "Liberation Sans", sans-serif; }
        svg text { fill: var(--soft); }
        svg .gridline { stroke: var(--faint); }
        svg .axis { stroke: var(--dot); }
        svg .front { fill: none; stroke: var(--best); stroke-width: 1.5; stroke-opacity: 0.55; }
        svg .leader { stroke: var(--soft); stroke-width: 0.75; }
        svg .dot { fill: var(--dot); }
        svg .dot.open { fill: var(--sheet); stroke: var(--dot); stroke-width: 1.5; }
        svg .dot.best { fill: var(--best); stroke: var(--sheet); stroke-width: 1.5; }
        svg .reference { fill: var(--reference); stroke: var(--sheet); stroke-width: 1.5; }
        svg .level { stroke: var(--reference); stroke-dasharray: 2 4; }
        svg text.best { fill: var(--best); font-weight: 600; }
        svg text.reference { fill: var(--reference); stroke: none; }
        svg text.name { fill: var(--ink); }
        svg .bar { fill: var(--bar); }
        svg .bar.worst { fill: var(--reference); }
        svg text.worst { fill: var(--reference); font-weight: 600; }
        svg .alone { stroke: var(--ink); stroke-width: 1.5; }
        svg .range { fill: var(--wash); }
        svg .clip { stroke: var(--best); stroke-width: 1.5; }
        svg .cut { fill: var(--reference); }
        .legend { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; margin: 0 0 0.75rem; padding: 0; list-style: none; font-size: 0.8125rem; color: var(--soft); }
        .legend svg { display: inline-block; width: 18px; height: 14px; vertical-align: -2px; margin-right: 0.25rem; }
        details { border-top: 1px solid var(--faint); padding: 0.375rem 0; }
        summary { cursor: pointer; font-size: 0.8438rem; }
        ul.plain { margin: 0; padding-left: 1rem; }
        dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0.25rem 1.25rem; margin: 0; font-size: 0.8438rem; }
        dt { color: var(--soft); }
        dd { margin: 0; overflow-wrap: anywhere; }
        @media print {
          :root { --ground: #ffffff; --sheet: #ffffff; --line: #c8cdd2; --faint: #e4e8eb; --ink: #000000; --soft: #444c54; --best: #0a4f88; --wash: #e3eef8; --reference: #9a4700; --bad: #8c1d14; --dot: #6d7883; --bar: #8fb4d6; color-scheme: light; }
          body { font-size: 9.5pt; }
          main { max-width: none; padding: 0; }
          .sheet { border: 0; padding: 0; }
          .verdict { border-left: 4px solid var(--best); padding-left: 1rem; }
          figure, tr, .tile { break-inside: avoid; }
          h2 { break-after: avoid; }
          .scatters { grid-template-columns: repeat(3, minmax(0, 1fr)); }
        }

        """;
}
