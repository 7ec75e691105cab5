/*
 * What our pages do in a browser with scripts. They work without it. The function goes to the browser as text: it uses nothing
 * from outside itself.
 */

/** What the script uses of a browser. */
interface Node {
  dataset: { [name: string]: string | undefined };
  textContent: string;
  tabIndex: number;
  /** Of a field. */
  type?: string;
  replaceWith(node: Node): void;
  setAttribute(name: string, value: string): void;
  querySelector(selector: string): Node | null;
  focus(): void;
}

interface PageDocument extends Node {
  documentElement: { lang: string };
  title: string;
  visibilityState: string;
  addEventListener(name: string, listener: (event: FormEvent) => void): void;
}

interface FormEvent {
  target: Node;
  submitter: Node | null;
  preventDefault(): void;
}

interface PageRequest {
  responseType: string;
  status: number;
  response: PageDocument | null;
  onloadend: () => void;
  open(method: string, url: string): void;
  send(): void;
}

declare const document: PageDocument;
declare const location: { href: string; reload(): void };
declare const XMLHttpRequest: new () => PageRequest;
declare function addEventListener(name: "pageshow", listener: (event: { persisted: boolean }) => void): void;

/** Sends no form twice, counts down the time for an answer, and shows each change of the job. */
export function inBrowser(): void {
  const find = (selector: string) => document.querySelector(selector);

  document.addEventListener("submit", (event) => {
    const { submitter, target } = event;
    if (target.dataset["sent"] !== undefined) {
      event.preventDefault();
      return;
    }
    if (submitter === null || submitter.dataset["busy"] === undefined) return;
    const words = submitter.textContent;
    target.dataset["sent"] = "";
    submitter.setAttribute("aria-disabled", "true");
    submitter.textContent = submitter.dataset["busy"];
    // The person may have stopped the browser.
    setTimeout(() => {
      delete target.dataset["sent"];
      submitter.setAttribute("aria-disabled", "false");
      submitter.textContent = words;
    }, 15_000);
  });
  // A browser fills in a login or a code as long as nothing is typed. What is typed, it would keep for later suggestions.
  document.addEventListener("input", ({ target }) => {
    if (target.type === "text") target.setAttribute("autocomplete", "off");
  });
  // The button Back may show a page from the memory of the browser, which is out of date.
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) location.reload();
  });

  let wake = () => {};
  // The person comes back to the page, such as from the app of the bank. A telephone that sleeps may have measured no time.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible" || find("main")?.dataset["changes"] === undefined) return;
    wake();
    void showAgain();
  });

  countDown();
  void watch();

  /**
   * The server's clock counts: from the moment at which its number of seconds came, we only measure how much time has passed.
   * The number is wrong by at most a second: rounded down, because it came a little later than the server wrote it.
   */
  function countDown(): void {
    let main: Node | null = null;
    let from: string | undefined;
    let since = 0;
    let said = Number.POSITIVE_INFINITY;
    const show = () => {
      const place = find(".left");
      if (place === null) return;
      if (find("main") !== main) [main, from, said] = [find("main"), undefined, Number.POSITIVE_INFINITY];
      if (place.dataset["left"] !== from) [from, since] = [place.dataset["left"], performance.now()];
      const left = Math.max(0, Math.floor(Number(from) - (performance.now() - since) / 1000));
      const words = inWords(left);
      if (place.textContent !== words) place.textContent = words;
      const due = [60, 30, 10].find((seconds) => left <= seconds && left > seconds - 5 && seconds < said);
      if (due === undefined) return;
      said = due;
      say(words);
    };
    show();
    setInterval(show, 250);
  }

  /** As the server says it: in the language of the page. */
  function inWords(seconds: number): string {
    const { lang } = document.documentElement;
    const count = (number: number, unit: string) =>
      new Intl.NumberFormat(lang, { style: "unit", unit, unitDisplay: "long" }).format(number);
    const parts: string[] = [];
    if (seconds >= 60) parts.push(count(Math.floor(seconds / 60), "minute"));
    if (seconds % 60 > 0 || seconds === 0) parts.push(count(seconds % 60, "second"));
    return new Intl.ListFormat(lang, { type: "unit", style: "narrow" }).format(parts);
  }

  /** For screen readers. */
  function say(words: string): void {
    const place = find("#said");
    if (place !== null) place.textContent = words;
  }

  /** Shows each change of the job, until there is nothing to wait for. */
  async function watch(): Promise<void> {
    for (;;) {
      const main = find("main");
      const changes = main?.dataset["changes"];
      if (changes === undefined) return;
      const { status } = await load(changes, "");
      if (status >= 400 && status < 500 && status !== 429) return location.reload();
      if (status === 200) await showAgain();
      await pause(status === 200 || status === 204 ? Number(main?.dataset["pause"]) : 5);
    }
  }

  async function showAgain(): Promise<void> {
    const page = await load(location.href, "document");
    if (page.status === 200 && page.response !== null) show(page.response);
  }

  function load(url: string, responseType: string): Promise<PageRequest> {
    return new Promise((resolve) => {
      const request = new XMLHttpRequest();
      request.onloadend = () => resolve(request);
      request.open("GET", url);
      request.responseType = responseType;
      request.send();
    });
  }

  /** Ends early when the person comes back. */
  function pause(seconds: number): Promise<void> {
    return new Promise((resolve) => {
      wake = resolve;
      setTimeout(resolve, seconds * 1000);
    });
  }

  /** While the screen is the same, only its steps change: what has the focus keeps it, and so does what is typed. */
  function show(page: PageDocument): void {
    const main = find("main");
    const next = page.querySelector("main");
    if (main === null || next === null) return;
    if (main.dataset["screen"] !== next.dataset["screen"]) {
      document.title = page.title;
      main.replaceWith(next);
      const heading = next.querySelector("h1");
      if (heading === null) return;
      heading.tabIndex = -1;
      heading.focus();
      return;
    }
    main.dataset["changes"] = next.dataset["changes"];
    const left = main.querySelector(".left");
    const nextLeft = next.querySelector(".left");
    if (left !== null && nextLeft !== null) left.dataset["left"] = nextLeft.dataset["left"];
    const steps = main.querySelector(".steps");
    const nextSteps = next.querySelector(".steps");
    if (steps === null || nextSteps === null) return;
    steps.replaceWith(nextSteps);
    const current = nextSteps.querySelector("[aria-current]");
    if (current !== null) say(current.textContent);
  }
}
