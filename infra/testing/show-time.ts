/** Makes `Date` of this thread show the time of a clock. Other threads keep their `Date`. `now` returns milliseconds since 1970. */
export function showTime(now: () => number): void {
  const wholeNow = () => Math.floor(now());
  globalThis.Date = new Proxy(Date, {
    apply: (RealDate) => new RealDate(wholeNow()).toString(),
    construct: (RealDate, given, newTarget) =>
      Reflect.construct(RealDate, given.length === 0 ? [wholeNow()] : given, newTarget),
    get: (RealDate, name, receiver) => (name === "now" ? wholeNow : Reflect.get(RealDate, name, receiver)),
  });
}
