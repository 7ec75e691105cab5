/** Commands that neither local mode's test nor the emulator runs, by what runs them, or why nothing does. */
export const RUN_ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ["npm ci && npm start", "npm ci by .ci/run, the rest by test/local"],
  ["npm start", "test/local"],
  ["npm run check", ".ci/run"],
  ["npm test", ".ci/run"],
  ["npm run test:verify", ".ci/run"],
  ["npm run test:mutants -- name", ".ci/run, with all names"],
  ["npm run test:fast", "a selection of npm test, which .ci/run runs"],
  ["npm run test:crashes", ".ci/run"],
  ["npm run test:canaries", ".ci/run"],
  ["npm run test:hostile", ".ci/run"],
  ["npm run test:package", ".ci/run"],
  ["npm run test:emulator", ".ci/run"],
  ["npm run synth", ".ci/run"],
  ["npm run bench", "test/verify/bench counts the same; the figures of speed are taken by hand"],
  ["npm run bench:files", "by hand: it prints a count"],
  [
    "npx node test/infra/compare-templates.ts BEFORE AFTER",
    "test/infra/template-differences.test.ts, on templates of its own",
  ],
  ["npm pack --pack-destination ../your-app", "test/verify/package, into another folder"],
  ["cd ../your-app", "test/verify/package, in its own"],
  [
    "npm install ./connection-jobs-0.1.0.tgz aws-cdk-lib constructs",
    "test/verify/package, with the versions of this project",
  ],
]);
