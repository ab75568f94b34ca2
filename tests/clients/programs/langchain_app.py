"""LangChain's ChatOpenAI and OpenAIEmbeddings, with nothing said about where they go."""

import scenarios
from langchain_core.messages import HumanMessage, SystemMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings

QUESTION = [SystemMessage("Be short."), HumanMessage("How warm is it in Paris and Rome?")]


@tool
def weather(city: str) -> str:
    """The weather of a city."""
    return scenarios.measure(city)


def _loop(chat, read):
    """Until no tool is called any more: the last message, and how many calls there were."""
    messages, calls = list(QUESTION), 0
    while True:
        message = read(chat.bind_tools([weather]), messages)
        messages.append(message)
        if not message.tool_calls:
            return message, calls
        for call in message.tool_calls:
            calls += 1
            messages.append(weather.invoke(call))


def _invoke(chat, messages):
    return chat.invoke(messages)


def _stream(chat, messages):
    """The pieces, added up as LangChain adds them."""
    whole = None
    for piece in chat.stream(messages):
        whole = piece if whole is None else whole + piece
    return whole


def _told(message, calls):
    return {"text": message.text, "calls": calls, "counted": message.usage_metadata["total_tokens"] > 0}


def chat_tools(model):
    return _told(*_loop(ChatOpenAI(model=model, reasoning_effort="low"), _invoke))


def chat_stream_tools(model):
    return _told(*_loop(ChatOpenAI(model=model, reasoning_effort="low", stream_usage=True), _stream))


async def chat_async_batch(model):
    chat = ChatOpenAI(model=model)
    return [message.text for message in await chat.abatch(["Hi", "Hello", "Hey"])]


def chat_structured(model):
    """By the answer's form (its default), and by a tool that must be called."""
    chat, asked = ChatOpenAI(model=model), "How warm is Paris? Answer in JSON."
    ways = [
        chat.with_structured_output(scenarios.Report, method=way) for way in ("json_schema", "function_calling")
    ]
    return [way.invoke(asked).model_dump() for way in ways]


def responses_tools(model):
    return _told(*_loop(ChatOpenAI(model=model, use_responses_api=True, reasoning={"effort": "low"}), _invoke))


def responses_stream_tools(model):
    """Nothing kept at the server: the thoughts travel sealed, within LangChain's own messages."""
    chat = ChatOpenAI(
        model=model,
        use_responses_api=True,
        output_version="responses/v1",
        store=False,
        include=["reasoning.encrypted_content"],
        reasoning={"effort": "low", "summary": "auto"},
    )
    return _told(*_loop(chat, _stream))


def responses_chained(model):
    """The server's state: LangChain names the last response by itself."""
    chat = ChatOpenAI(model=model, use_responses_api=True, use_previous_response_id=True, reasoning={"effort": "low"})
    return _told(*_loop(chat, _invoke))


def responses_structured(model):
    chat = ChatOpenAI(model=model, use_responses_api=True)
    return [chat.with_structured_output(scenarios.Report).invoke("How warm is Paris? In JSON.").model_dump()]


def embeddings(_model):
    """With plain texts: for the token ids that it sends by itself LangChain fetches a table from the network."""
    plain = OpenAIEmbeddings(model="text-embedding-3-small", check_embedding_ctx_length=False)
    return [*plain.embed_documents(["hi", "hello"]), plain.embed_query("hey")]


scenarios.tell(
    chat_tools, chat_stream_tools, chat_async_batch, chat_structured, responses_tools, responses_stream_tools,
    responses_chained, responses_structured, embeddings,
)  # fmt: skip
