; What of TypeScript says which constructs an app makes. The captures are explained in README.md.
(class_declaration name: (_) @name body: (_) @body) @class
(abstract_class_declaration name: (_) @name body: (_) @body) @class
(class_declaration (class_heritage (extends_clause value: (_) @base))) @class
(abstract_class_declaration (class_heritage (extends_clause value: (_) @base))) @class
(class (class_heritage (extends_clause value: (_) @base))) @class
(class body: (_) @body) @class
(class name: (_) @name) @class
(method_definition name: (_) @name parameters: (_) @params body: (_) @body) @function
(public_field_definition name: (_) @name value: (_) @value) @field
(required_parameter pattern: (_) @name) @param
(required_parameter value: (_) @default) @param
(required_parameter (accessibility_modifier) @own) @param
(required_parameter "readonly" @own) @param
(optional_parameter pattern: (_) @name) @param
(optional_parameter (accessibility_modifier) @own) @param
(function_declaration name: (_) @name parameters: (_) @params body: (_) @body) @function
(function_expression parameters: (_) @params body: (_) @body) @function
(arrow_function parameters: (_) @params) @function
(arrow_function parameter: (_) @params) @function
(arrow_function body: (statement_block) @body) @function
(arrow_function body: (_) @result) @function

(call_expression function: (super) arguments: (_) @args) @super_call
(call_expression function: (_) @callee arguments: (arguments) @args) @call
(new_expression constructor: (_) @callee) @new
(new_expression arguments: (_) @args) @new
(member_expression object: (_) @of property: (_) @name) @member
(subscript_expression object: (_) @of) @index

(variable_declarator name: (_) @target value: (_) @value) @assign
(assignment_expression left: (_) @target right: (_) @value) @assign
(return_statement (_) @value) @return
(for_in_statement left: (_) @bind right: (_) @over body: (_) @body) @loop
(ternary_expression consequence: (_) @left alternative: (_) @right) @either
(binary_expression left: (_) @left operator: "??" right: (_) @right) @either
(binary_expression left: (_) @left operator: "||" right: (_) @right) @either
(binary_expression left: (_) @left operator: "+" right: (_) @right) @concat

(as_expression . (_) @value) @wrap
(satisfies_expression . (_) @value) @wrap
(non_null_expression (_) @value) @wrap
(type_annotation) @skip
(interface_declaration) @skip
(type_alias_declaration) @skip

(object) @object
(object_pattern) @object
(pair key: (_) @key value: (_) @value) @entry
(pair_pattern key: (_) @key value: (_) @value) @entry
(object_assignment_pattern left: (_) @key) @entry
(shorthand_property_identifier) @shorthand
(shorthand_property_identifier_pattern) @shorthand
(spread_element (_) @value) @spread
(array) @list
(array_pattern) @list
(string) @text
(template_string) @text
(string_fragment) @fragment
(template_substitution (_) @value) @piece
(number) @scalar
(true) @scalar
(false) @scalar
(this) @this
(identifier) @ident
(import_statement (import_clause (named_imports (import_specifier name: (_) @name))) source: (_) @source) @import
(import_statement (import_clause (namespace_import (_) @name)) source: (_) @source) @import
(import_statement (import_clause (identifier) @name) source: (_) @source) @import
(comment) @skip
