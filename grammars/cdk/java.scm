; What of Java says which constructs an app makes. The captures are explained in README.md.
(class_declaration name: (_) @name body: (_) @body) @class
(class_declaration superclass: (superclass (_) @base)) @class
(constructor_declaration name: (_) @name parameters: (_) @params body: (_) @body) @constructor
(method_declaration name: (_) @name parameters: (_) @params body: (_) @body) @function
(field_declaration declarator: (variable_declarator name: (_) @name value: (_) @value)) @field
(formal_parameter name: (_) @name) @param
(lambda_expression parameters: (_) @params) @function
(lambda_expression body: (block) @body) @function
(lambda_expression body: (_) @result) @function

(explicit_constructor_invocation constructor: (super) arguments: (_) @args) @super_call
(explicit_constructor_invocation constructor: (this) arguments: (_) @args) @this_call
(object_creation_expression type: (_) @callee arguments: (_) @args) @new
(method_invocation name: (_) @name arguments: (_) @args) @call
(method_invocation object: (_) @of) @call
(field_access object: (_) @of field: (_) @name) @member
(array_access array: (_) @of) @index

(variable_declarator name: (_) @target value: (_) @value) @assign
(assignment_expression left: (_) @target right: (_) @value) @assign
(return_statement (_) @value) @return
(enhanced_for_statement name: (_) @bind value: (_) @over body: (_) @body) @loop
(ternary_expression consequence: (_) @left alternative: (_) @right) @either
(binary_expression left: (_) @left operator: "+" right: (_) @right) @concat
(cast_expression value: (_) @value) @wrap

(array_initializer) @list
(string_literal) @text
(string_fragment) @fragment
(multiline_string_fragment) @fragment
(decimal_integer_literal) @scalar
(decimal_floating_point_literal) @scalar
(true) @scalar
(false) @scalar
(this) @this
(scoped_type_identifier . (_) @of (type_identifier) @name .) @member
(identifier) @ident
(import_declaration (scoped_identifier name: (_) @name) @source) @import
(line_comment) @skip
(block_comment) @skip
(modifiers) @skip
