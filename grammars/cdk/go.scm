; What of Go says which constructs an app makes. The captures are explained in README.md.
(function_declaration name: (_) @name parameters: (_) @params body: (_) @body) @function
(method_declaration name: (_) @name parameters: (_) @params body: (_) @body) @function
(func_literal parameters: (_) @params body: (_) @body) @function
(parameter_declaration name: (_) @name) @param

(call_expression function: (_) @callee arguments: (_) @args) @call
(selector_expression operand: (_) @of field: (_) @name) @member
(index_expression operand: (_) @of) @index

(short_var_declaration left: (expression_list . (_) @target) right: (expression_list . (_) @value)) @assign
(assignment_statement left: (expression_list . (_) @target) right: (expression_list . (_) @value)) @assign
(var_spec name: (_) @target value: (expression_list . (_) @value)) @assign
(return_statement (expression_list . (_) @value)) @return
(for_statement (range_clause left: (expression_list (_) @bind .) right: (_) @over) body: (_) @body) @loop
(binary_expression left: (_) @left operator: "+" right: (_) @right) @concat
(unary_expression operand: (_) @value) @wrap
(composite_literal body: (_) @value) @wrap
(type_conversion_expression operand: (_) @value) @wrap
(type_assertion_expression operand: (_) @value) @wrap

(literal_value) @object
(keyed_element key: (_) @key value: (_) @value) @entry
(interpreted_string_literal) @text
(raw_string_literal) @text
(interpreted_string_literal_content) @fragment
(raw_string_literal_content) @fragment
(int_literal) @scalar
(float_literal) @scalar
(true) @scalar
(false) @scalar
(identifier) @ident
(import_spec path: (_) @source) @import
(import_spec name: (_) @name path: (_) @source) @import
(comment) @skip
(type_declaration) @skip
