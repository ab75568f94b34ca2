"""OpenAI's Agents SDK: function tools, streaming, handoffs and typed output, over Responses (its default) and chat."""

import scenarios
from agents import Agent, ModelSettings, OpenAIChatCompletionsModel, Runner, function_tool
from openai import AsyncOpenAI
from openai.types.shared import Reasoning


@function_tool
def weather(city: str) -> str:
    """The weather of a city."""
    return scenarios.measure(city)


QUESTION = "How warm is it in Paris and Rome?"
THINKING = ModelSettings(reasoning=Reasoning(effort="low", summary="auto"))
SEALED = ModelSettings(
    reasoning=Reasoning(effort="low"), store=False, response_include=["reasoning.encrypted_content"]
)


def _over_chat(model):
    return OpenAIChatCompletionsModel(model=model, openai_client=AsyncOpenAI())


def _agent(model, settings=THINKING, **options):
    return Agent(name="reporter", instructions="Be short.", model=model, model_settings=settings, **options)


async def _run(agent):
    result = await Runner.run(agent, QUESTION)
    return {"text": result.final_output, "turns": len(result.raw_responses)}


async def _run_streamed(agent):
    result, kinds = Runner.run_streamed(agent, QUESTION), []
    async for event in result.stream_events():
        if event.type == "run_item_stream_event":
            kinds.append(event.name)
    return {"text": result.final_output, "kinds": sorted(set(kinds) - {"reasoning_item_created"})}


async def responses_tools(model):
    return await _run(_agent(model, tools=[weather]))


async def responses_sealed(model):
    return await _run(_agent(model, SEALED, tools=[weather]))


async def responses_streamed(model):
    return await _run_streamed(_agent(model, tools=[weather]))


async def responses_chained(model):
    result = await Runner.run(_agent(model, tools=[weather]), QUESTION, auto_previous_response_id=True)
    return {"text": result.final_output, "turns": len(result.raw_responses)}


async def responses_handoff(model):
    forecaster = Agent(name="forecaster", model=model, model_settings=THINKING, tools=[weather])
    result = await Runner.run(_agent(model, handoffs=[forecaster]), QUESTION)
    return {"by": result.last_agent.name, "text": result.final_output.partition("; ")[2]}


async def responses_typed(model):
    result = await Runner.run(_agent(model, output_type=scenarios.Report), "How warm is Paris? In JSON.")
    return result.final_output.model_dump()


async def chat_tools(model):
    return await _run(_agent(_over_chat(model), tools=[weather]))


async def chat_streamed(model):
    return await _run_streamed(_agent(_over_chat(model), tools=[weather]))


async def chat_handoff(model):
    forecaster = Agent(name="forecaster", model=_over_chat(model), model_settings=THINKING, tools=[weather])
    result = await Runner.run(_agent(_over_chat(model), handoffs=[forecaster]), QUESTION)
    return {"by": result.last_agent.name, "text": result.final_output.partition("; ")[2]}


scenarios.tell(
    responses_tools, responses_sealed, responses_streamed, responses_chained, responses_handoff, responses_typed,
    chat_tools, chat_streamed, chat_handoff,
)  # fmt: skip
