// The official `openai` package for Node, as its own examples use it.

import OpenAI from "openai";
import { zodResponseFormat, zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";

import { QUESTION, measure, tell } from "./scenarios.mjs";

const client = new OpenAI();
const Report = z.object({ city: z.string(), degrees: z.number().int() });
const parameters = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};

function runnable(cities) {
  const weather = ({ city }) => {
    cities.push(city);
    return measure(city);
  };
  return { type: "function", function: { name: "weather", description: "…", parameters, parse: JSON.parse, function: weather } };
}

async function chatStream(model) {
  const stream = await client.chat.completions.create({
    model,
    messages: [{ role: "user", content: "Hi" }],
    stream: true,
    stream_options: { include_usage: true },
  });
  let text = "";
  let counted = false;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? "";
    counted ||= chunk.usage?.total_tokens > 0;
  }
  return { text, counted };
}

async function runTools(model) {
  const cities = [];
  const runner = client.chat.completions.runTools({
    model,
    reasoning_effort: "low",
    messages: [{ role: "user", content: QUESTION }],
    tools: [runnable(cities)],
  });
  return { text: await runner.finalContent(), cities };
}

async function runToolsStreamed(model) {
  const cities = [];
  let text = "";
  const runner = client.chat.completions
    .runTools({ model, reasoning_effort: "low", stream: true, messages: [{ role: "user", content: QUESTION }], tools: [runnable(cities)] })
    .on("content", (delta) => (text += delta));
  const last = await runner.finalContent();
  return { text: last, same: text === last, cities };
}

async function chatParse(model) {
  const asked = { model, messages: [{ role: "user", content: "How warm is Paris? In JSON." }], response_format: zodResponseFormat(Report, "report") };
  const parsed = await client.chat.completions.parse(asked);
  const streamed = await client.chat.completions.stream(asked).finalChatCompletion();
  return [parsed, streamed].map((answer) => answer.choices[0].message.parsed);
}

// Nothing is kept at the server: the thoughts travel sealed, within the items.
async function responsesStreamTools(model) {
  const options = {
    model,
    tools: [{ type: "function", name: "weather", parameters, strict: true }],
    reasoning: { effort: "low", summary: "auto" },
    store: false,
    include: ["reasoning.encrypted_content"],
  };
  const input = [{ role: "user", content: QUESTION }];
  const first = await client.responses.stream({ input, ...options }).finalResponse();
  input.push(...first.output);
  for (const call of first.output.filter((item) => item.type === "function_call")) {
    input.push({ type: "function_call_output", call_id: call.call_id, output: measure(JSON.parse(call.arguments).city) });
  }
  let text = "";
  const stream = client.responses.stream({ input, ...options }).on("response.output_text.delta", (event) => (text += event.delta));
  const last = await stream.finalResponse();
  return { text, same: text === last.output_text, status: last.status };
}

async function responsesParse(model) {
  const answer = await client.responses.parse({ model, input: "How warm is Paris? In JSON.", text: { format: zodTextFormat(Report, "report") } });
  return answer.output_parsed;
}

// As the package asks for them by itself (base64), and as numbers.
async function embeddings() {
  const told = [];
  for (const model of ["text-embedding-3-small", "text-embedding-3-large"]) {
    for (const form of [{}, { encoding_format: "float" }]) {
      const answer = await client.embeddings.create({ model, input: ["hi", "hello"], ...form });
      told.push(answer.data.map((row) => Array.from(row.embedding)));
    }
  }
  return told;
}

async function errors() {
  try {
    await client.chat.completions.create({ model: "no-such-model", messages: [{ role: "user", content: "Hi" }] });
  } catch (error) {
    return [error instanceof OpenAI.NotFoundError, error.code, Boolean(error.requestID)];
  }
}

await tell(chatStream, runTools, runToolsStreamed, chatParse, responsesStreamTools, responsesParse, embeddings, errors);
