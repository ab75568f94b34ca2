// Vercel's AI SDK with @ai-sdk/openai: Responses, which it calls by itself, and chat.

import { openai } from "@ai-sdk/openai";
import { embedMany, generateObject, generateText, stepCountIs, streamObject, streamText, tool } from "ai";
import { z } from "zod";

import { QUESTION, measure, tell } from "./scenarios.mjs";

const Report = z.object({ city: z.string(), degrees: z.number().int() });
const tools = {
  weather: tool({
    description: "The weather of a city.",
    inputSchema: z.object({ city: z.string() }),
    execute: async ({ city }) => measure(city),
  }),
};
const low = { openai: { reasoningEffort: "low", reasoningSummary: "auto" } };
const sealed = { openai: { ...low.openai, store: false, include: ["reasoning.encrypted_content"] } };
const asked = { prompt: QUESTION, system: "Be short.", tools, stopWhen: stepCountIs(4) };

async function generated(model, providerOptions) {
  const { text, steps, totalUsage } = await generateText({ model, providerOptions, ...asked });
  return { text, steps: steps.length, counted: totalUsage.totalTokens > 0 };
}

async function streamed(model, providerOptions) {
  const result = streamText({ model, providerOptions, ...asked });
  let text = "";
  for await (const part of result.fullStream) {
    if (part.type === "error") throw part.error;
    if (part.type === "text-delta") text += part.text;
  }
  return { text, steps: (await result.steps).length, finish: await result.finishReason };
}

const responsesTools = (model) => generated(openai(model), low);
const responsesSealed = (model) => generated(openai(model), sealed);
const responsesStreamTools = (model) => streamed(openai(model), low);
const responsesStreamSealed = (model) => streamed(openai(model), sealed);
const chatTools = (model) => generated(openai.chat(model), low);
const chatStreamTools = (model) => streamed(openai.chat(model), low);

async function objects(model) {
  const told = [];
  for (const made of [openai(model), openai.chat(model)]) {
    const wish = { model: made, schema: Report, prompt: "How warm is Paris? In JSON." };
    told.push((await generateObject(wish)).object);
    const stream = streamObject(wish);
    let last;
    for await (const partial of stream.partialObjectStream) last = partial;
    told.push(last);
  }
  return told;
}

async function embeddings() {
  const told = await embedMany({ model: openai.embedding("text-embedding-3-small"), values: ["hi", "hello"] });
  return told.embeddings;
}

await tell(responsesTools, responsesSealed, responsesStreamTools, responsesStreamSealed, chatTools, chatStreamTools, objects, embeddings);
