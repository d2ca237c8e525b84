"""Makes the CustomResourceDefinitions of rule objects from the schemas of rule files."""
