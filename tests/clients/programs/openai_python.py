"""The official `openai` package, as its own examples use it; `tell` prints what each scenario saw."""

import json

import openai
from scenarios import Report, measure, tell

CHAT_TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather of a city.",
        "strict": True,
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}
RESPONSES_TOOL = {"type": "function", **CHAT_TOOL["function"]}
QUESTION = "How warm is it in Paris and Rome?"


def chat_tools(model):
    with openai.OpenAI() as client:
        messages = [{"role": "developer", "content": "Be short."}, {"role": "user", "content": QUESTION}]
        options = {"model": model, "tools": [CHAT_TOOL], "reasoning_effort": "low"}
        first = client.chat.completions.create(messages=messages, **options).choices[0]
        messages.append(first.message)
        for call in first.message.tool_calls:
            city = json.loads(call.function.arguments)["city"]
            messages.append({"role": "tool", "tool_call_id": call.id, "content": measure(city)})
        last = client.chat.completions.create(messages=messages, **options)
        return {
            "finish": [first.finish_reason, last.choices[0].finish_reason],
            "text": last.choices[0].message.content,
            "counted": last.usage.total_tokens > 0,
        }


async def chat_stream_tools(model):
    """`.stream()` of the async client: its events, and the message that it puts together."""
    async with openai.AsyncOpenAI() as client:
        messages = [{"role": "user", "content": QUESTION}]
        options = {"model": model, "tools": [CHAT_TOOL], "reasoning_effort": "low"}
        done = []
        async with client.chat.completions.stream(messages=messages, **options) as stream:
            async for event in stream:
                if event.type == "tool_calls.function.arguments.done":
                    done.append(event.parsed_arguments or json.loads(event.arguments))
            first = (await stream.get_final_completion()).choices[0].message
        messages.append({"role": "assistant", "tool_calls": [call.to_dict() for call in first.tool_calls]})
        for call in first.tool_calls:
            city = json.loads(call.function.arguments)["city"]
            parts = [{"type": "text", "text": measure(city)}]
            messages.append({"role": "tool", "tool_call_id": call.id, "content": parts})
        text = ""
        usage = {"stream_options": {"include_usage": True}}
        async with client.chat.completions.stream(messages=messages, **options, **usage) as stream:
            async for event in stream:
                text += event.delta if event.type == "content.delta" else ""
            last = await stream.get_final_completion()
        same = text == last.choices[0].message.content
        return {"done": done, "text": text, "same": same, "counted": last.usage.total_tokens > 0}


def chat_parse(model):
    with openai.OpenAI() as client:
        asked = [{"role": "user", "content": "How warm is Paris? Answer in JSON."}]
        parsed = client.chat.completions.parse(model=model, messages=asked, response_format=Report)
        with client.chat.completions.stream(model=model, messages=asked, response_format=Report) as stream:
            streamed = stream.get_final_completion()
        return [answer.choices[0].message.parsed.model_dump() for answer in (parsed, streamed)]


def _output_of(call):
    output = measure(json.loads(call.arguments)["city"])
    return {"type": "function_call_output", "call_id": call.call_id, "output": output}


def responses_tools(model):
    """State is ours to carry: items go back as they came, with the thoughts sealed in them."""
    with openai.OpenAI() as client:
        items = [{"role": "user", "content": QUESTION}]
        options = {
            "model": model, "tools": [RESPONSES_TOOL], "store": False, "include": ["reasoning.encrypted_content"],
            "reasoning": {"effort": "low", "summary": "auto"},
        }  # fmt: skip
        first = client.responses.create(input=items, **options)
        items += first.output
        items += [_output_of(call) for call in first.output if call.type == "function_call"]
        last = client.responses.create(input=items, **options)
        return {"kinds": sorted({item.type for item in first.output}), "text": last.output_text, "status": last.status}


async def responses_stream_chained(model):
    """State is the server's to carry: `.stream()`, then the next turn by previous_response_id."""
    async with openai.AsyncOpenAI() as client:
        options = {"model": model, "tools": [RESPONSES_TOOL], "reasoning": {"effort": "low"}}
        async with client.responses.stream(input=QUESTION, **options) as stream:
            kinds = [event.type async for event in stream]
            first = await stream.get_final_response()
        outputs = [_output_of(call) for call in first.output if call.type == "function_call"]
        text = ""
        chained = {"previous_response_id": first.id, "input": outputs}
        async for event in await client.responses.create(stream=True, **chained, **options):
            text += event.delta if event.type == "response.output_text.delta" else ""
        return {"ends": [kinds[0], kinds[-1]], "text": text}


def responses_parse(model):
    with openai.OpenAI() as client:
        asked = "How warm is Paris? Answer in JSON."
        parsed = client.responses.parse(model=model, input=asked, text_format=Report)
        with client.responses.stream(model=model, input=asked, text_format=Report) as stream:
            streamed = stream.get_final_response()
        return [answer.output_parsed.model_dump() for answer in (parsed, streamed)]


def raw_responses(model):
    with openai.OpenAI() as client:
        asked = [{"role": "user", "content": "Hi"}]
        raw = client.chat.completions.with_raw_response.create(model=model, messages=asked)
        with client.responses.with_streaming_response.create(model=model, input="Hi", stream=True) as streamed:
            kinds = [event.type for event in streamed.parse()]
        return {
            "attempts": raw.headers["x-proapi-attempts"],
            "request_id": bool(raw.headers["x-request-id"]),
            "text": raw.parse().choices[0].message.content,
            "streamed": [streamed.headers["content-type"].partition(";")[0], kinds[-1]],
        }


def embeddings(_model):
    """As the package asks for them by itself (base64), and as numbers."""
    with openai.OpenAI() as client:
        return [
            [row.embedding for row in client.embeddings.create(model=model, input=["hi", "hello"], **form).data]
            for model in ("text-embedding-3-small", "text-embedding-3-large")
            for form in ({}, {"encoding_format": "float"})
        ]


def errors(_model):
    with openai.OpenAI(max_retries=0) as client:
        try:
            client.responses.create(model="no-such-model", input="Hi")
        except openai.NotFoundError as error:
            return [error.code, error.param]


tell(
    chat_tools, chat_stream_tools, chat_parse, responses_tools, responses_stream_chained, responses_parse,
    raw_responses, embeddings, errors,
)  # fmt: skip
