; What of Python says which constructs an app makes. The captures are explained in README.md.
(class_definition name: (_) @name body: (_) @body) @class
(class_definition superclasses: (argument_list (_) @base)) @class
(function_definition name: (_) @name parameters: (_) @params body: (_) @body) @function
(lambda parameters: (_) @params) @function
(lambda body: (_) @result) @function
(default_parameter name: (_) @name value: (_) @default) @param
(typed_parameter . (identifier) @name) @param
(typed_default_parameter name: (_) @name value: (_) @default) @param
(dictionary_splat_pattern (identifier) @name) @rest
(typed_parameter (dictionary_splat_pattern (identifier) @name)) @rest

((call
  function: (attribute object: (call function: (identifier) @_super) attribute: (identifier) @_init)
  arguments: (_) @args) @super_call
  (#eq? @_super "super") (#eq? @_init "__init__"))
(call function: (_) @callee arguments: (argument_list) @args) @call
(keyword_argument name: (_) @name value: (_) @value) @argument
(attribute object: (_) @of attribute: (_) @name) @member
(subscript value: (_) @of) @index

(assignment left: (_) @target right: (_) @value) @assign
(named_expression name: (_) @target value: (_) @value) @assign
(return_statement (_) @value) @return
(for_statement left: (_) @bind right: (_) @over body: (_) @body) @loop
(list_comprehension body: (_) @body (for_in_clause left: (_) @bind right: (_) @over)) @loop
(conditional_expression . (_) @left (_) @right .) @either
(boolean_operator left: (_) @left operator: "or" right: (_) @right) @either
(binary_operator left: (_) @left operator: "+" right: (_) @right) @concat

(dictionary) @object
(pair key: (_) @key value: (_) @value) @entry
(dictionary_splat (_) @value) @spread
(list) @list
(tuple) @list
(pattern_list) @list
(tuple_pattern) @list
(expression_list) @list
(string) @text
(string_content) @fragment
(interpolation expression: (_) @value) @piece
(integer) @scalar
(float) @scalar
(true) @scalar
(false) @scalar
((identifier) @this (#eq? @this "self"))
(identifier) @ident
(import_from_statement module_name: (_) @source name: (_) @name) @import
(import_from_statement module_name: (_) @source name: (aliased_import alias: (_) @name)) @import
(import_statement name: (aliased_import name: (_) @source alias: (_) @name)) @import
(comment) @skip
