//! Expressions.
//!
//! Every rule answers with the height of the subtree it built, so that chains (`a.b.c`, `a + b + c`), whose trees grow
//! upwards, count against the depth budget like nesting does.

use crate::syntax::{Kind, flags};

use super::parser::{Parsed, Parser};

impl Parser<'_> {
    /// A whole expression: a conditional or anything that binds tighter.
    pub(super) fn expression(&mut self) -> Parsed<u32> {
        let mark = self.tree.mark();
        self.enter(0)?;
        let mut height = self.operation(1)?;
        if self.peek() == b'?' {
            let node = self.tree.wrap(mark, Kind::Conditional);
            self.bump(1);
            height = height.max(self.expression()?);
            if self.peek() != b':' || self.at(self.pos + 1) == b':' {
                return self.expected("`:` between the two results of the conditional");
            }
            self.bump(1);
            height = height.max(self.expression()?) + 1;
            self.check_depth(height)?;
            self.tree.close(node, self.last as u32);
        }
        self.leave();
        Ok(height)
    }

    /// Operators of at least that precedence, all of them left-associative.
    fn operation(&mut self, least: u8) -> Parsed<u32> {
        let mark = self.tree.mark();
        let mut height = self.operand()?;
        loop {
            let (len, precedence) = self.operator();
            if len == 0 || precedence < least {
                return Ok(height);
            }
            let node = self.tree.wrap(mark, Kind::Binary);
            let aux =
                u16::from(self.peek()) << 8 | if len == 2 { u16::from(self.at(self.pos + 1)) } else { 0 };
            if let Some(node) = self.tree.node_mut(node) {
                node.aux = aux;
            }
            self.bump(len);
            let right = self.operation(precedence + 1)?;
            height = height.max(right) + 1;
            self.check_depth(height)?;
            self.tree.close(node, self.last as u32);
        }
    }

    /// Length and precedence of the binary operator that is next; length 0 if none is.
    #[inline]
    fn operator(&self) -> (usize, u8) {
        let next = |p: &Self| p.at(p.pos + 1);
        match self.peek() {
            b'|' if next(self) == b'|' => (2, 1),
            b'&' if next(self) == b'&' => (2, 2),
            b'=' | b'!' if next(self) == b'=' => (2, 3),
            b'<' | b'>' => (if next(self) == b'=' { 2 } else { 1 }, 4),
            b'+' | b'-' => (1, 5),
            b'*' | b'%' => (1, 6),
            b'/' if !matches!(next(self), b'/' | b'*') => (1, 6),
            _ => (0, 0),
        }
    }

    /// A term and the traversal steps behind it.
    fn operand(&mut self) -> Parsed<u32> {
        let mark = self.tree.mark();
        let mut height = self.term()?;
        loop {
            match self.peek() {
                b'.' if self.at(self.pos + 1) != b'.' => {
                    self.dot(mark, &mut height)?;
                }
                b'[' => {
                    self.brackets(mark)?;
                    height += 1;
                }
                _ => return Ok(height),
            }
            self.check_depth(height)?;
        }
    }

    /// `.name`, `.0`, `.*`.
    fn dot(&mut self, mark: usize, height: &mut u32) -> Parsed {
        self.bump(1);
        *height += 1;
        match self.peek() {
            b'*' => {
                let node = self.tree.wrap(mark, Kind::AttrSplat);
                self.bump(1);
                self.tree.close(node, self.last as u32);
                // Only attributes follow an attribute splat; `[i]` after them indexes its result.
                while self.peek() == b'.' && self.at(self.pos + 1) != b'.' {
                    self.bump(1);
                    *height += 1;
                    self.check_depth(*height)?;
                    if self.peek() == b'*' {
                        return self.fail(
                            "nested-splat",
                            "a splat may not follow an attribute-only splat",
                            self.pos,
                            self.pos + 1,
                            Some("use the full splat `[*]`".to_owned()),
                        );
                    }
                    self.attribute_name(mark, height)?;
                }
                Ok(())
            }
            _ => self.attribute_name(mark, height),
        }
    }

    /// The name or legacy index behind a dot.
    fn attribute_name(&mut self, mark: usize, height: &mut u32) -> Parsed {
        if !self.peek().is_ascii_digit() {
            let node = self.tree.wrap(mark, Kind::GetAttr);
            self.identifier(Kind::Identifier, "an attribute name behind the `.`")?;
            self.tree.close(node, self.last as u32);
            return Ok(());
        }
        let (start, len) = (self.pos, self.number_len(self.pos));
        let token = self.text.get(start..start + len).unwrap_or("");
        if token.contains('.') {
            let help = token.split('.').map(|i| format!("[{i}]")).collect::<String>();
            self.report(
                "legacy-index",
                "a legacy index may not follow another one",
                start,
                start + len,
                Some(format!("write `{help}`")),
            );
            let mut at = start;
            for (i, part) in token.split('.').enumerate() {
                let node = self.tree.wrap(mark, Kind::GetAttr);
                self.tree.leaf(Kind::Number, at as u32, (at + part.len()) as u32);
                self.tree.close(node, (at + part.len()) as u32);
                at += part.len() + 1;
                if i > 0 {
                    *height += 1;
                    self.check_depth(*height)?;
                }
            }
        } else {
            let node = self.tree.wrap(mark, Kind::GetAttr);
            self.tree.leaf(Kind::Number, start as u32, (start + len) as u32);
            self.tree.close(node, (start + len) as u32);
        }
        self.bump(len);
        Ok(())
    }

    /// `[index]`, `[*]`.
    fn brackets(&mut self, mark: usize) -> Parsed {
        let open = self.pos;
        let outer = self.newlines;
        // Newlines keep their meaning up to the `*` (Terraform's reading).
        self.bump(1);
        if self.peek() == b'*' {
            let node = self.tree.wrap(mark, Kind::FullSplat);
            self.bump(1);
            if self.peek() != b']' {
                self.open.push((b'[', open));
                return self.expected("`]` behind `[*`");
            }
            self.bump(1);
            self.tree.close(node, self.last as u32);
            return Ok(());
        }
        self.newlines = false;
        self.skip();
        self.open.push((b'[', open));
        let node = self.tree.wrap(mark, Kind::Index);
        self.expression()?;
        if self.peek() != b']' {
            return self.expected("`]` behind the index");
        }
        self.close_bracket(outer);
        self.tree.close(node, self.last as u32);
        Ok(())
    }

    /// Takes the closing bracket and returns to the newline mode outside.
    pub(super) fn close_bracket(&mut self, outer: bool) {
        self.open.pop();
        self.newlines = outer;
        self.bump(1);
    }

    fn term(&mut self) -> Parsed<u32> {
        let start = self.pos;
        match self.peek() {
            b'"' => self.quoted(),
            b'0'..=b'9' => {
                let len = self.number_len(start);
                if !valid_number(self.text.get(start..start + len).unwrap_or("")) {
                    return self.fail("invalid-number", "this is not a number", start, start + len, None);
                }
                self.tree.leaf(Kind::Number, start as u32, (start + len) as u32);
                self.bump(len);
                Ok(1)
            }
            b'[' => self.tuple(),
            b'{' => self.object(),
            b'(' => {
                let outer = self.newlines;
                let node = self.tree.open(Kind::Paren, start as u32);
                self.open.push((b'(', start));
                self.newlines = false;
                self.bump(1);
                let height = self.expression()?;
                if self.peek() != b')' {
                    return self.expected("`)` to close the parentheses");
                }
                self.close_bracket(outer);
                self.tree.close(node, self.last as u32);
                Ok(height + 1)
            }
            operator @ (b'-' | b'!') if operator == b'-' || self.at(start + 1) != b'=' => {
                let node = self.tree.open(Kind::Unary, start as u32);
                if let Some(node) = self.tree.node_mut(node) {
                    node.aux = u16::from(operator) << 8;
                }
                self.enter(0)?;
                self.bump(1);
                let height = self.operand()?;
                self.leave();
                self.tree.close(node, self.last as u32);
                Ok(height + 1)
            }
            b'<' if self.at(start + 1) == b'<' => self.heredoc(),
            _ => self.name(),
        }
    }

    /// A keyword, a call, or the root of a traversal.
    fn name(&mut self) -> Parsed<u32> {
        let start = self.pos;
        let len = self.identifier_len(start);
        if len == 0 {
            return self.expected("an expression");
        }
        let id = self.tree.leaf(Kind::Variable, start as u32, (start + len) as u32);
        self.bump(len);
        match self.peek() {
            b'(' => return self.call(id.0 as usize, start),
            b':' if self.at(self.pos + 1) == b':' => return self.call(id.0 as usize, start),
            _ => {}
        }
        let kind = match self.bytes.get(start..start + len).unwrap_or(&[]) {
            b"true" | b"false" => Kind::Bool,
            b"null" => Kind::Null,
            _ => return Ok(1),
        };
        if let Some(node) = self.tree.node_mut(id) {
            node.kind = kind;
        }
        Ok(1)
    }

    /// A call, from behind the first part of its name.
    fn call(&mut self, mark: usize, start: usize) -> Parsed<u32> {
        while self.looking_at(b"::") {
            self.bump(2);
            let len = self.identifier_len(self.pos);
            if len == 0 {
                return self.expected("a function name behind `::`");
            }
            self.bump(len);
        }
        let end = self.last;
        if self.peek() != b'(' {
            return self.expected("`(` and the function's arguments");
        }
        let call = self.tree.wrap(mark, Kind::Call);
        if let Some(name) = self.tree.node_mut(crate::syntax::NodeId(call.0 + 1)) {
            (name.kind, name.start, name.end) = (Kind::Identifier, start as u32, end as u32);
        }
        let outer = self.newlines;
        self.open.push((b'(', self.pos));
        self.newlines = false;
        self.bump(1);
        let mut height = 1;
        while self.peek() != b')' {
            height = height.max(self.expression()?);
            match self.peek() {
                b',' => self.bump(1),
                b')' => {}
                b'.' if self.looking_at(b"...") => {
                    self.bump(3);
                    if self.peek() != b')' {
                        return self.expected("`)` behind the expanded last argument");
                    }
                    if let Some(node) = self.tree.node_mut(call) {
                        node.flags |= flags::EXPAND;
                    }
                }
                _ => return self.expected("`,` or `)` behind the argument"),
            }
        }
        self.close_bracket(outer);
        self.tree.close(call, self.last as u32);
        Ok(height + 1)
    }

    fn tuple(&mut self) -> Parsed<u32> {
        let start = self.pos;
        let outer = self.newlines;
        let node = self.tree.open(Kind::Tuple, start as u32);
        self.open.push((b'[', start));
        self.newlines = false;
        self.bump(1);
        if self.keyword("for") {
            return self.for_expression(node, outer, false);
        }
        let mut height = 0;
        while self.peek() != b']' {
            height = height.max(self.expression()?);
            match self.peek() {
                b',' => self.bump(1),
                b']' => {}
                _ => return self.expected("`,` or `]` behind the list element"),
            }
        }
        self.close_bracket(outer);
        self.tree.close(node, self.last as u32);
        Ok(height + 1)
    }

    fn object(&mut self) -> Parsed<u32> {
        let start = self.pos;
        let outer = self.newlines;
        let node = self.tree.open(Kind::Object, start as u32);
        self.open.push((b'{', start));
        // A `for` may stand on its own line; newlines before the first item mean nothing either way.
        self.newlines = false;
        self.bump(1);
        if self.keyword("for") {
            return self.for_expression(node, outer, true);
        }
        self.newlines = true;
        let mut height = 0;
        loop {
            while self.at_newline() {
                self.pos += if self.peek() == b'\r' { 2 } else { 1 };
                self.skip();
            }
            if self.peek() == b'}' {
                break;
            }
            let item = self.tree.open(Kind::ObjectItem, self.pos as u32);
            height = height.max(self.expression()?);
            match self.peek() {
                b'=' if self.at(self.pos + 1) != b'>' => self.bump(1),
                b':' if self.at(self.pos + 1) != b':' => self.bump(1),
                _ => return self.expected("`=` or `:` behind the object's key"),
            }
            height = height.max(self.expression()?);
            self.tree.close(item, self.last as u32);
            match self.peek() {
                b',' => self.bump(1),
                b'}' => {}
                _ if self.at_newline() => {}
                _ => return self.expected("`,`, `}` or a new line behind the object's value"),
            }
        }
        self.close_bracket(outer);
        self.tree.close(node, self.last as u32);
        Ok(height + 1)
    }

    /// `for …` of a tuple or object, from the keyword.
    fn for_expression(&mut self, node: crate::syntax::NodeId, outer: bool, object: bool) -> Parsed<u32> {
        self.bump(3);
        let height = self.for_head()?;
        if self.peek() != b':' || self.at(self.pos + 1) == b':' {
            return self.expected("`:` behind the collection of the `for`");
        }
        self.bump(1);
        let result = self.pos;
        let mut height = height.max(self.expression()?);
        let mut set = 0;
        let keyed = self.looking_at(b"=>");
        if keyed {
            if !object {
                return self.fail(
                    "invalid-for",
                    "a `for` that makes a list has no keys",
                    self.pos,
                    self.pos + 2,
                    Some("write `{ for … }` to make an object".to_owned()),
                );
            }
            self.bump(2);
            height = height.max(self.expression()?);
        }
        if self.looking_at(b"...") {
            if !object {
                return self.fail(
                    "invalid-for",
                    "a `for` that makes a list can't group with `...`",
                    self.pos,
                    self.pos + 3,
                    None,
                );
            }
            set |= flags::GROUPING;
            self.bump(3);
        }
        if self.keyword("if") {
            set |= flags::HAS_CONDITION;
            self.bump(2);
            height = height.max(self.expression()?);
        }
        let (close, kind) = if object { (b'}', Kind::ForObject) } else { (b']', Kind::ForTuple) };
        if self.peek() != close {
            return self.expected(if object { "`}` behind the `for`" } else { "`]` behind the `for`" });
        }
        if object && !keyed {
            return self.fail(
                "invalid-for",
                "a `for` that makes an object needs a key and a value",
                result,
                self.last,
                Some("write `key => value`, or `[for … ]` to make a list".to_owned()),
            );
        }
        self.close_bracket(outer);
        if let Some(node) = self.tree.node_mut(node) {
            node.kind = kind;
            node.flags = set;
        }
        self.tree.close(node, self.last as u32);
        Ok(height + 1)
    }

    /// `k, v in collection`, of an expression or a template directive.
    pub(super) fn for_head(&mut self) -> Parsed<u32> {
        self.identifier(Kind::Identifier, "a variable name behind `for`")?;
        if self.peek() == b',' {
            self.bump(1);
            self.identifier(Kind::Identifier, "a second variable name behind `,`")?;
        }
        if !self.keyword("in") {
            return self.expected("`in` and the collection of the `for`");
        }
        self.bump(2);
        self.expression()
    }
}

/// Whether what the scanner cut as a number is one: digits, optional fraction, optional exponent.
fn valid_number(token: &str) -> bool {
    let (mantissa, exponent) = match token.find(['e', 'E']) {
        Some(i) => (token.get(..i).unwrap_or(""), token.get(i + 1..)),
        None => (token, None),
    };
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let mantissa_ok = match mantissa.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(mantissa),
    };
    mantissa_ok && exponent.is_none_or(|e| digits(e.strip_prefix(['+', '-']).unwrap_or(e)))
}
