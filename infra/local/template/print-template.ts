import { synthesize } from "../../synthesize.ts";

/** Prints the template as JSON, in a separate process: see `template.ts`. The argument is a CDK context as JSON. */
process.stdout.write(JSON.stringify(synthesize(JSON.parse(process.argv[2] ?? "{}"))));
