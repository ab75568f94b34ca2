// What the Node clients' programs share: the tool's result, and how they tell what they saw.

const DEGREES = { Paris: 21, Rome: 18 };

export const QUESTION = "How warm is it in Paris and Rome?";

export function measure(city) {
  return `${DEGREES[city]} in ${city}`;
}

// Runs each function for each model of the command line, and prints {"gpt-5": {"chat": …}, …} as JSON.
export async function tell(...scenarios) {
  const told = {};
  for (const model of process.argv.slice(2)) {
    told[model] = {};
    for (const scenario of scenarios) {
      try {
        told[model][scenario.name] = await scenario(model);
      } catch (error) {
        console.error(error);
        told[model][scenario.name] = { error: String(error) };
      }
    }
  }
  console.log(JSON.stringify(told));
}
