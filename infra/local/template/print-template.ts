import { synthesize } from "../../synthesize.ts";

/** A program of its own: see `template.ts`. Its argument is a CDK context as JSON. */
process.stdout.write(JSON.stringify(synthesize(JSON.parse(process.argv[2] ?? "{}"))));
