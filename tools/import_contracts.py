"""Two contract types for import-linter, which also hold while a package does not exist yet.

Its own `protected` type stops with an error when a package that it names is missing, and it has no
type for "imports nothing but".
"""

from collections.abc import Iterator

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class _ImportListContract(Contract):
    """Prints the imports that a check found."""

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print each import that is not allowed."""
        for line in check.metadata["found"]:
            output.print_error(f"- {line}", bold=False)
        output.new_line()


class OnlyImportsContract(_ImportListContract):
    """Packages whose modules may import a named few, and each other within one package.

    Configuration options:
        modules: The packages, with import-linter's wildcards (`forecast.**.kernels`).
        allowed: What their modules may import besides modules of the same package.
    """

    type_name = "only_imports"

    modules = fields.ListField(subfield=fields.ModuleExpressionField())
    allowed = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Collect the imports that the contract does not allow, with their lines."""
        allowed: list[str] = self.allowed  # type: ignore[assignment]
        found = []
        for expression in self.modules:  # type: ignore[attr-defined]
            for package in sorted(graph.find_matching_modules(expression.expression)):
                for importer, imported in _imports(graph):
                    free = _within(imported, [package, *allowed])
                    if _within(importer, [package]) and not free:
                        found.append(_describe(graph, importer, imported))
        return ContractCheck(kept=not found, metadata={"found": found})


class OnlyFromContract(_ImportListContract):
    """Packages, our own or of others, that named importers alone may import directly.

    Configuration options:
        modules: The packages; modules of one package may import each other.
        importers: Who may import them, with everything inside.
    """

    type_name = "only_from"

    modules = fields.ListField(subfield=fields.StringField())
    importers = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Collect the imports that the contract does not allow, with their lines."""
        importers: list[str] = self.importers  # type: ignore[assignment]
        found = []
        for package in self.modules:  # type: ignore[attr-defined]
            for importer, imported in _imports(graph):
                free = _within(importer, [package, *importers])
                if _within(imported, [package]) and not free:
                    found.append(_describe(graph, importer, imported))
        return ContractCheck(kept=not found, metadata={"found": found})


def _imports(graph: ImportGraph) -> Iterator[tuple[str, str]]:
    """All direct imports, importer first, in the order of their names."""
    for importer in sorted(graph.modules):
        for imported in sorted(graph.find_modules_directly_imported_by(importer)):
            yield importer, imported


def _describe(graph: ImportGraph, importer: str, imported: str) -> str:
    """Write one import with the lines that it stands on."""
    details = graph.get_import_details(importer=importer, imported=imported)
    lines = ", ".join(str(detail["line_number"]) for detail in details)
    return f"{importer} -> {imported} (l.{lines})"


def _within(module: str, packages: list[str]) -> bool:
    """Whether a module is one of the packages or lies inside one."""
    return any(module == name or module.startswith(f"{name}.") for name in packages)
