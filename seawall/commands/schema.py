"""`seawall schema`: the JSON Schema of seawall.yml, for editors and for CI."""

from seawall.commands import json_option, pass_output, verb
from seawall.report.screen import Output


@verb(
    examples={
        "seawall schema > .seawall/schema.json": "what the editor reads",
        "seawall schema | jq .properties.ssh": "one section",
    },
    exits={2: "an argument is wrong", 3: ""},
)
@json_option()
@pass_output
def command(output: Output) -> None:
    """Print the schema of seawall.yml, as JSON (draft-07).

    It completes, explains and checks the file while you type; init puts it into .seawall/.
    """
    from seawall import config
    from seawall.report import documents

    documents.write(config.schema())
