; What of C# says which constructs an app makes. The captures are explained in README.md.
(class_declaration name: (_) @name body: (_) @body) @class
(class_declaration (base_list . (_) @base)) @class
(class_declaration (parameter_list) @params) @class
(class_declaration (base_list (argument_list) @super_args)) @class
(constructor_declaration name: (_) @name parameters: (_) @params body: (_) @body) @constructor
(constructor_declaration (constructor_initializer "base" (argument_list) @super_args)) @constructor
(constructor_declaration (constructor_initializer "this" (argument_list) @this_args)) @constructor
(method_declaration name: (_) @name parameters: (_) @params body: (_) @body) @function
(local_function_statement name: (_) @name parameters: (_) @params body: (_) @body) @function
(property_declaration name: (_) @name value: (_) @value) @field
(field_declaration (variable_declaration (variable_declarator name: (_) @name (_) @value .))) @field
(parameter name: (_) @name) @param
(lambda_expression parameters: (_) @params) @function
(lambda_expression body: (block) @body) @function
(lambda_expression body: (_) @result) @function

(object_creation_expression type: (_) @callee) @new
(object_creation_expression arguments: (_) @args) @new
(object_creation_expression initializer: (_) @init) @new
(implicit_object_creation_expression (argument_list) @args) @new
(implicit_object_creation_expression (initializer_expression) @init) @new
(invocation_expression function: (_) @callee arguments: (_) @args) @call
(argument name: (_) @name (_) @value .) @argument
(member_access_expression expression: _ @of name: (_) @name) @member
(conditional_access_expression condition: (_) @of (member_binding_expression name: (_) @name)) @member
(element_access_expression expression: (_) @of) @index

(variable_declarator name: (_) @target (_) @value .) @assign
(assignment_expression left: (_) @target right: (_) @value) @assign
(return_statement (_) @value) @return
(arrow_expression_clause (_) @value) @return
(foreach_statement left: (_) @bind right: (_) @over body: (_) @body) @loop
(conditional_expression consequence: (_) @left alternative: (_) @right) @either
(binary_expression left: (_) @left operator: "??" right: (_) @right) @either
(binary_expression left: (_) @left operator: "+" right: (_) @right) @concat
(cast_expression value: (_) @value) @wrap

(initializer_expression) @object
(string_literal) @text
(verbatim_string_literal) @text
(interpolated_string_expression) @text
(string_literal_content) @fragment
(string_content) @fragment
(interpolation (interpolation_brace) . (_) @value) @piece
(integer_literal) @scalar
(real_literal) @scalar
(boolean_literal) @scalar
"this" @this
(argument "this") @this
(identifier) @ident
(comment) @skip
