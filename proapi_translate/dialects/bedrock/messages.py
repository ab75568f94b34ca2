"""Turns → Converse's `system` and `messages`."""

from __future__ import annotations

from collections.abc import Sequence

from ...prompt import Part, Thinking, ToolCall, Turn
from ...repair import drop_blank, hoist_system, merge_turns, with_distinct_ids
from .draft import Draft
from .parts import Block, PartWriter

_BEGIN = "(The assistant begins.)"
_CONTINUE = "Continue."
_SEEN = "Understood."
_SEE_DOCUMENT = "The document is attached."


def write_messages(draft: Draft) -> None:
    """Fill body["system"] and body["messages"]: the system texts first, then user and assistant by turns.

    What Converse insists on and OpenAI does not (a user first, no assistant last, a text beside a document) is added
    and reported.
    """
    writer = PartWriter(draft.model, draft.losses)
    system, turns = hoist_system(draft.prompt.turns)
    turns = merge_turns(Turn(turn.role, drop_blank(turn.parts)) for turn in turns)
    turns = with_distinct_ids(turns, draft.context.recall)
    if system and not draft.model.system:
        draft.losses.approximate("messages", "this model has no system prompt: it goes before the first message")
        turns = merge_turns((Turn("user", system), *turns))
    elif not turns:
        turns = (Turn("user", system),) if system else ()
    elif system:
        draft.body["system"] = writer.write(system, "system")
    messages = _merge_neighbours([_write_turn(turn, draft, writer) for turn in turns])
    if not messages:
        raise draft.losses.refuse("messages", "at least one message with content is needed")
    draft.body["messages"] = _mend_ends(_part_results(messages, draft), draft)


def _merge_neighbours(messages: list[Block]) -> list[Block]:
    """Without what came out empty (a turn of nothing but thoughts that are not this model's): roles must alternate."""
    merged: list[Block] = []
    for message in messages:
        if merged and merged[-1]["role"] == message["role"]:
            merged[-1]["content"] += message["content"]
        elif message["content"]:
            merged.append(message)
    return merged


def _write_turn(turn: Turn, draft: Draft, writer: PartWriter) -> Block:
    if turn.role == "assistant":
        return {"role": "assistant", "content": writer.write(_with_thoughts(turn.parts, draft))}
    content = writer.write(turn.parts)
    if any("document" in block for block in content) and not any("text" in block for block in content):
        draft.losses.approximate("messages", "Bedrock wants a text beside a document: a short one was added")
        content.append({"text": _SEE_DOCUMENT})
    return {"role": "user", "content": content}


def _with_thoughts(parts: Sequence[Part], draft: Draft) -> Sequence[Part]:
    """The parts with the thoughts that went before their tool calls, remembered for clients that cannot carry them."""
    if any(isinstance(part, Thinking) and part.signature for part in parts):
        return parts
    calls = [part for part in parts if isinstance(part, ToolCall)]
    remembered = next((found for call in calls if (found := call.thoughts or draft.context.recall(call.id))), ())
    # Of another vendor's thoughts the client knows nothing: they are not its loss.
    thoughts = tuple(one for one in remembered if one.signature and one.signature.origin == draft.model.origin)
    if not thoughts:
        return parts
    return (*thoughts, *(part for part in parts if not isinstance(part, Thinking)))


def _part_results(messages: list[Block], draft: Draft) -> list[Block]:
    """Some models want tool results alone in their message: what follows them goes into a message of its own."""
    if not draft.model.alone:
        return messages
    parted: list[Block] = []
    for message in messages:
        results = [block for block in message["content"] if "toolResult" in block]
        others = [block for block in message["content"] if "toolResult" not in block]
        if results and others:
            draft.losses.approximate("messages", "this model takes tool results alone: a short turn stands after them")
            parted.append({"role": message["role"], "content": results})
            parted.append({"role": "assistant", "content": [{"text": _SEEN}]})
            message = {"role": message["role"], "content": others}
        parted.append(message)
    return parted


def _mend_ends(messages: list[Block], draft: Draft) -> list[Block]:
    if messages[0]["role"] == "assistant" and not draft.model.starts_with_assistant:
        draft.losses.approximate("messages", "this model wants the user to begin: a short turn was added")
        messages.insert(0, _user(_BEGIN))
    last = messages[-1]
    if last["role"] == "user" or any("toolUse" in block for block in last["content"]):
        return messages
    if not draft.model.prefill:
        draft.losses.approximate("messages", "this model cannot go on with a given beginning: it is asked to continue")
        messages.append(_user(_CONTINUE))
    elif "text" in last["content"][-1]:
        # "final assistant content cannot end with trailing whitespace"
        last["content"][-1] = {"text": last["content"][-1]["text"].rstrip()}
    return messages


def _user(text: str) -> Block:
    return {"role": "user", "content": [{"text": text}]}


def calls_without_thoughts(messages: Sequence[Block]) -> bool:
    """Does the last assistant message with tool calls lack the thought that must stand before them?

    Claude with a thinking budget refuses such a history ("Expected thinking, but found tool_use").
    """
    for message in reversed(messages):
        if message["role"] == "assistant" and any("toolUse" in block for block in message["content"]):
            return "reasoningContent" not in message["content"][0]
    return False


def called_names(messages: Sequence[Block]) -> list[str]:
    """The tools that the history has called, each once, in order."""
    blocks = (block for message in messages for block in message["content"])
    return list(dict.fromkeys(block["toolUse"]["name"] for block in blocks if "toolUse" in block))


def holds_tool_blocks(messages: Sequence[Block]) -> bool:
    return any("toolUse" in block or "toolResult" in block for message in messages for block in message["content"])


