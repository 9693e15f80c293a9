<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Audit of ${live.name}</title>
<style>
:root { color-scheme: light dark; --line: light-dark(#dcdfe4, #3a3f47); --soft: light-dark(#f5f6f8, #22262c);
  --text: light-dark(#1c2128, #e6e8eb); --dim: light-dark(#5b6470, #9aa4b0); --good: light-dark(#1a7f4b, #4cc38a);
  --error: light-dark(#b42318, #ff8a80); --warning: light-dark(#9a6700, #e3b341); --blue: light-dark(#2b5fb8, #7fb0ff); }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: light-dark(#fff, #16191d);
  max-width: 76rem; margin: 2rem auto; padding: 0 1.5rem; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2.5rem 0 .6rem; }
p { max-width: 48rem; color: var(--dim); margin: .3rem 0 .8rem; }
code { font: 13px/1.45 ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; } th { text-align: left; font-weight: 600; color: var(--dim); }
td, th { padding: .4rem .7rem; border-bottom: 1px solid var(--line); vertical-align: top; }
.verdict { display: flex; gap: 1.2rem; align-items: center; border: 1px solid var(--line); border-left: .5rem solid var(--mark);
  border-radius: .5rem; padding: 1rem 1.3rem; background: var(--soft); }
.verdict b { color: var(--mark); font-size: 1.25rem; } .facts { margin-left: auto; text-align: right; color: var(--dim); }
.error { --mark: var(--error); } .warning { --mark: var(--warning); } .good { --mark: var(--good); }
.rule { white-space: nowrap; } .object { min-width: 13rem; }
.chip { color: var(--mark); font-weight: 600; white-space: nowrap; }
.mend { background: var(--soft); border-radius: .3rem; padding: .1rem .4rem; display: block; margin-top: .3rem; }
.matrix { width: auto; } .matrix td, .matrix th { padding: .25rem .8rem; }
.cell { display: inline-grid; place-items: center; width: 1.7rem; height: 1.7rem; border-radius: .3rem; margin-right: .15rem;
  font-size: .72rem; font-weight: 600; border: 1px solid var(--line); color: transparent; }
.some { background: color-mix(in srgb, var(--blue) 22%, transparent); color: var(--text); border-color: transparent; }
.whole { background: var(--blue); color: light-dark(#fff, #16191d); border-color: transparent; }
.rules { columns: 21rem; column-gap: 2rem; padding: 0; list-style: none; }
.rules li { break-inside: avoid; padding: .3rem 0 .3rem 1.5rem; text-indent: -1.5rem; } .rules span { color: var(--dim); }
.rules li::before { content: "✓"; color: var(--good); display: inline-block; width: 1.5rem; text-indent: 0; font-weight: 700; }
.rules li.error::before, .rules li.warning::before { content: "✗"; color: var(--mark); }
</style>
<div class="verdict ${findings[0].severity if findings else 'good'}">
  <div><h1>Audit of ${live.name}</h1>
  <b>${verdict}</b></div>
  <div class="facts">PostgreSQL ${live.version // 10000}.${live.version % 10000}<br>revision ${live.revision}<br>${read_at}</div>
</div>

<h2>Findings</h2>
% if findings:
<table>
<tr><th>severity<th>rule<th>object<th>what is wrong, and the statement that mends it
% for row in findings:
<tr><td class="chip ${row.severity}">${row.severity}<td class="rule"><code>${row.rule}</code><td class="object"><code>${row.object}</code>
  <td>${row.problem}<code class="mend">${row.mend}</code>
% endfor
</table>
% else:
<p>None: every rule below held, and the catalog is what the code makes of this revision.</p>
% endif

<h2>Who holds what</h2>
<p>Select, insert, update, delete, as granted. Pale: some columns, their number on the square's tip. Full: the whole row. Which
rows is the policies' to say: <code>policies/effective.sql</code>.</p>
<table class="matrix">
<tr><th>table
% for role in roles:
<th>${role}
% endfor
% for table in tables:
<tr><td><code>${table}</code>
% for role in roles:
<td>\
% for command in ("select", "insert", "update", "delete"):
<% extent = live.held.get((table, role, command)) %>\
<i class="cell ${'whole' if extent == 'all' else 'some' if extent else ''}" title="${command}: ${extent or 'nothing'}">${command[0].upper()}</i>\
% endfor

% endfor
% endfor
</table>

<h2>What was looked at</h2>
<p>${len(live.rules)} rules on the live catalog, <code>audit.rule_…</code>, and ${len(live.catalog)} objects compared with what the
code makes.</p>
<ul class="rules">
% for rule, purpose in live.rules.items():
<li class="${next((row.severity for row in findings if row.rule == rule), '')}"><code>${rule}</code> <span>${purpose}</span>
% endfor
</ul>
</html>
