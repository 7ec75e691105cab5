/** The colours of a colour scheme of the browser. `--link` is the colour of text that can be pressed. */
interface Scheme {
  back: string;
  card: string;
  text: string;
  soft: string;
  line: string;
  accent: string;
  onAccent: string;
  link: string;
  tint: string;
  bad: string;
  badTint: string;
  good: string;
}

export const LIGHT: Scheme = {
  back: "#f3f5f8",
  card: "#ffffff",
  text: "#17212c",
  soft: "#4c5a69",
  line: "#758494",
  accent: "#0a58a8",
  onAccent: "#ffffff",
  link: "#0a58a8",
  tint: "#e3eefa",
  bad: "#a91d16",
  badTint: "#fdecea",
  good: "#1a6b3a",
};

export const DARK: Scheme = {
  back: "#0f141a",
  card: "#19212a",
  text: "#e9eef4",
  soft: "#adbac7",
  line: "#7f90a1",
  accent: "#8cc0ff",
  onAccent: "#06203f",
  link: "#8cc0ff",
  tint: "#223a55",
  bad: "#ffb3aa",
  badTint: "#42201d",
  good: "#7cd79d",
};

/** Returns the style of our pages. */
export function styleWith(light: Scheme, dark: Scheme): string {
  return `:root{color-scheme:light dark;${variables(light)}}
@media (prefers-color-scheme:dark){:root{${variables(dark)}}}
${RULES}`;
}

function variables(scheme: Scheme): string {
  return Object.entries(scheme)
    .map(([name, value]) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}:${value}`)
    .join(";");
}

const RULES = `*{box-sizing:border-box}
body{font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;margin:0;padding:1rem;background:var(--back);color:var(--text);overflow-wrap:anywhere}
main{max-width:30rem;margin:0 auto;padding:1.25rem;background:var(--card);border-radius:.75rem;border:1px solid transparent}
@media (min-width:40rem){body{padding:3rem 1rem}main{padding:2rem}}
.logo{display:table;max-width:100%;margin:0 auto 1rem;padding:.5rem .75rem;background:#fff;border-radius:.5rem}
.logo img{display:block;height:2.5rem;max-width:100%;object-fit:contain}
footer{max-width:30rem;margin:1rem auto 0;text-align:center;font-size:.875rem}
footer a{display:inline-block;padding:.6rem .75rem;color:var(--soft)}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 1rem}
h2{font-size:1.125rem;line-height:1.3;margin:0 0 .5rem}
p,ul,ol,blockquote{margin:0 0 1rem}
a{color:var(--link);text-underline-offset:.2em}
form{margin:0 0 1rem}
button,.button{display:block;width:100%;min-height:2.75rem;font:inherit;font-weight:600;line-height:1.25;padding:.7rem 1rem;margin:0;text-align:center;text-decoration:none;cursor:pointer;color:var(--on-accent);background:var(--accent);border:2px solid var(--accent);border-radius:.5rem}
.quiet{color:var(--link);background:transparent;border-color:var(--line)}
button:hover,.button:hover{text-decoration:underline}
button[aria-disabled=true]{opacity:.6;cursor:default}
:focus-visible{outline:3px solid var(--accent);outline-offset:3px}
h1:focus,.problem:focus{outline:none}
main>:last-child,main>:last-child>:last-child{margin-bottom:0}
label,summary{font-weight:600;margin:0 0 .25rem}
label{display:block}
.field{margin:0 0 1rem}
input{width:100%;min-height:2.75rem;font:inherit;padding:.5rem .75rem;color:inherit;background:var(--card);border:2px solid var(--line);border-radius:.5rem}
input[aria-invalid=true]{border-color:var(--bad)}
.wrong{color:var(--bad);font-weight:600;margin:0 0 .25rem}
.search input{margin:0 0 .75rem}
.problem{border:2px solid var(--bad);background:var(--bad-tint);border-radius:.5rem;padding:1rem;margin:0 0 1rem}
.problem ul{margin:0;padding-left:1.25rem}
.problem a{color:var(--bad)}
.bank-words{border-left:4px solid var(--line);padding-left:.75rem;margin:0 0 1rem}
.bank-words p:last-child{margin:0}
.banks,.steps{list-style:none;padding:0}
.banks a{display:flex;align-items:center;gap:.75rem;min-height:3.25rem;padding:.4rem .5rem;border-radius:.5rem;text-decoration:none;color:inherit}
.banks a:hover{background:var(--tint)}
.banks li+li{border-top:1px solid var(--tint)}
.initials{flex:none;display:grid;place-items:center;width:2.5rem;height:2.5rem;border-radius:50%;background:var(--tint);color:var(--link);font-weight:700;font-size:.875rem}
.steps li{display:flex;align-items:center;gap:.75rem;padding:.4rem 0;color:var(--soft)}
.steps .what{flex:1;hyphens:auto}
.steps .state{font-size:.875rem}
.mark{flex:none;display:grid;place-items:center;width:1.5rem;height:1.5rem;border-radius:50%;border:2px solid var(--line);font-size:.875rem;font-weight:700}
.steps .in-progress,.steps .success,.steps .failed{color:var(--text)}
.in-progress .what{font-weight:600}
.in-progress .mark{border-color:var(--accent) var(--accent) var(--accent) transparent;animation:turn 1.2s linear infinite}
.success .mark{border-color:var(--good);color:var(--good)}
.failed .mark{border-color:var(--bad);color:var(--bad)}
@keyframes turn{to{transform:rotate(1turn)}}
@media (prefers-reduced-motion:reduce){.mark{animation:none!important}}
details{margin:0 0 1rem}
summary{min-height:2.75rem;padding:.6rem 0;cursor:pointer;color:var(--link)}
.note,.small{color:var(--soft)}
.small,.banks .note{font-size:.875rem}
.banks .note{display:block}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media (forced-colors:active){main,.mark,.initials{border:1px solid}}`;
