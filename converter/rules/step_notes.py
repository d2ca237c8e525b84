"""What a user of the steps should know beyond their summaries: for the reference, and for editors."""

from __future__ import annotations

from typing import Final

NOTES: Final = {
    "rename": (
        "Objects that become empty are removed, and missing ones are created. Both paths must be inside the same "
        "list: a step cannot move a field out of it."
    ),
    "nest": ("`side` is the version with the object. With `always: true`, the object is written even if it is empty."),
    "intOrString": (
        "`side` is the version with the single field. A manifest with both fields is refused. `neither` is the value "
        "of the single field if both are missing."
    ),
    "annotation": (
        "An annotation that cannot be read as the field's type stays an annotation. `boolean` reads `true` and `false` "
        "only, `integer` what Go reads: a sign and digits. `intOrString` reads these as an integer, and any other text "
        "as it is."
    ),
    "label": (
        "A label that cannot be read as the field's type stays a label. A value that cannot be a label, for instance "
        "a text with spaces, is reported as a loss."
    ),
    "values": (
        "A value can be any JSON value. Null means that the field is absent: `{left: null, right: false}` removes a "
        "`false` toward the left and writes nothing toward the right. A path that ends in `[*]` is about each item of "
        "a list, or each value of a map. If several values have one counterpart, the first pair counts on the way "
        "back. Conversion data stores which value it was, so that nothing is lost. With `else`, a value in no pair is "
        "replaced, and reported as a loss."
    ),
    "enum": (
        "Each row of `values` pairs a value with the combination that says the same. Null means that a field is "
        "missing. The first row that fits counts. If several rows say the same, conversion data stores which of them "
        "it was, and nothing is lost. A value or a combination in no row is reported as a loss. A row with "
        "`field: null` states what a missing field means, and a row with only null in `fields` what missing "
        "fields mean. The step writes these if the object around the missing field exists."
    ),
    "invert": (
        "`absent` states what a missing field means in each version, or null if it means neither. The step writes "
        "that value out for the other version, and leaves out a value that the other version assumes anyway, as Go's "
        "`omitempty` does. If the object around the field is missing, the step does nothing."
    ),
    "listOfOne": (
        "Further items are reported as a loss; with `more: refuse`, such a manifest is refused. The two paths can be "
        "equal."
    ),
    "mapList": (
        "With `value`, each item has its value in that field. Without it, the values of the map are objects, and the "
        "key is added to them. The list is sorted by the key, and its order is stored as conversion data. If two "
        "items have the same key, the last one counts, and the others are reported as a loss. With `keep`, a key of "
        "the map wins over another one in its object, which is reported as a loss. With `trust: items`, the object "
        "wins, and the key of the map is reported."
    ),
    "duration": (
        "A number without `fractions: true` is rounded toward zero, and the step reports a loss then. Texts are "
        "written as Go writes them: `1m30s`, `5m0s`. How a text was written is stored as conversion data, and is not "
        "a loss."
    ),
    "quantity": (
        'The unit is a suffix of Kubernetes, or `""` for 1. Texts are written in the canonical form of Kubernetes. '
        "The rest is as for durations."
    ),
    "default": (
        "If the defaults differ, the step writes the default of the *source* version, so that the manifest keeps its "
        "meaning. If they are equal, it writes nothing. Neighbouring `default` steps keep their order in both "
        "directions, because each sees what the ones above it filled in."
    ),
    "apiGroup": (
        "Toward the group, the version is cut off; it is stored as conversion data, and is not a loss: the group says "
        "which API it is. Toward the apiVersion, `version` is added."
    ),
    "implied": (
        "The implied value is `value`, or that of the field `copy`, whose path starts where `path` starts. Toward the "
        "version with the field, the step writes the value if the object around the field exists; with `always: "
        "true`, it creates the object. Toward the other version, the field is removed. Another value than the implied "
        "one is reported as a loss, with `why`."
    ),
    "omitZero": (
        "Go's `omitempty` does this. The step does nothing if the object around the field is missing. With `side: "
        "both`, it removes the zero in both directions, because a missing field says the same. That is not a loss."
    ),
    "omitEmpty": (
        "Toward `side`, the step removes the fields that are empty, the innermost ones first. Toward the other "
        "version, it does nothing. An empty field is not reported as a loss, and converting back restores it."
    ),
    "drop": (
        "Toward the other version, the field is removed and reported with `why`. Converting back restores it. The "
        "object around it stays, even if it is empty then."
    ),
    "refuse": (
        "The error gives `why`. Without `values`, `except` and `missing`, any value is refused; an empty one only with "
        "`empty: true`. `except` lists the values that pass, for a version that allows only these. With `missing: "
        "true`, the step refuses a manifest that lacks the field, if the object around it exists: for a version that "
        "requires the field. A step has at most one of the three. A path that ends in `[*]` is about each item of a "
        "list, or each value of a map. A `drop` of the same field runs after the step in both directions: it drops "
        "the values that are not refused."
    ),
    "in": (
        "Paths of the inner steps start at the object. With `when`, only objects whose fields have these values count. "
        "With `recurse`, the steps also apply to the objects at that path below each of these objects, to any depth: "
        "for objects that hold others of their form."
    ),
    "call": "`converter rules list` lists the functions together with the rules.",
}
"""Markdown, by the keyword of the step."""
