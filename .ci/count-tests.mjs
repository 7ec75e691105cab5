import { readFileSync } from "node:fs";

const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(process.argv[2], "utf8"));
process.stdout.write(`${numPassedTests} passed, ${numFailedTests} failed\n`);
process.exitCode = numFailedTests === 0 && numPassedTests > 0 ? 0 : 1;
