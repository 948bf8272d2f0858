/** Rules that no published plugin has. Each has a failing example in `examples/`. */

/** The value of `const name = …` in the same file, or undefined where it cannot be known. */
function initialiserOf(identifier, scope) {
  for (let at = scope; at; at = at.upper) {
    const variable = at.set.get(identifier.name);
    if (!variable) continue;
    const [definition] = variable.defs;
    if (variable.defs.length !== 1 || definition.type !== 'Variable' || definition.parent.kind !== 'const') return;
    return definition.node.id.type === 'Identifier' ? definition.node.init : undefined;
  }
}

/** Whether a text is the same whatever the program was given: literals, and constants made of literals alone. */
function isFixed(node, scope, depth = 0) {
  if (!node || depth > 8) return false;
  const fixed = (part) => isFixed(part, scope, depth + 1);
  switch (node.type) {
    case 'Literal':
      return true;
    case 'TemplateLiteral':
      return node.expressions.every(fixed);
    case 'BinaryExpression':
      return fixed(node.left) && fixed(node.right);
    case 'ConditionalExpression':
      return fixed(node.consequent) && fixed(node.alternate);
    case 'TSAsExpression':
      return fixed(node.expression);
    case 'Identifier': {
      const value = initialiserOf(node, scope);
      return value !== undefined && fixed(value);
    }
    default:
      return false;
  }
}

/** Whether SQL is put together from parts that are not fixed; a whole statement from elsewhere is left to where it is made. */
function isInterpolated(node, scope) {
  if (node.type === 'TemplateLiteral' || node.type === 'BinaryExpression') return !isFixed(node, scope);
  if (node.type === 'ConditionalExpression')
    return isInterpolated(node.consequent, scope) || isInterpolated(node.alternate, scope);
  if (node.type === 'TSAsExpression') return isInterpolated(node.expression, scope);
  if (node.type === 'Identifier') {
    const value = initialiserOf(node, scope);
    return value ? isInterpolated(value, scope) : false;
  }
  if (node.type === 'ObjectExpression')
    return node.properties.some((p) => p.key?.name === 'text' && isInterpolated(p.value, scope));
  // 'SELECT '.concat(x), ['SELECT', x].join(' '), 'SELECT $'.replace('$', x)
  if (node.type === 'CallExpression' && node.callee.type === 'MemberExpression')
    return ['concat', 'join', 'replace', 'replaceAll'].includes(node.callee.property.name);
  return false;
}

/** SQL with a value written into it is how a search field becomes a way in: values go into parameters. */
const noInterpolatedSql = {
  meta: {
    type: 'problem',
    schema: [],
    messages: { interpolated: 'Values go into parameters ($1, $2 …), never into the text of a statement.' },
  },
  create(context) {
    return {
      CallExpression(node) {
        const { callee } = node;
        const name = callee.type === 'MemberExpression' ? callee.property.name : callee.name;
        const [statement] = node.arguments;
        if (name !== 'query' || !statement) return;
        const scope = context.sourceCode.getScope(node);
        if (isInterpolated(statement, scope)) context.report({ node: statement, messageId: 'interpolated' });
      },
      TaggedTemplateExpression(node) {
        const name = node.tag.type === 'MemberExpression' ? node.tag.property.name : node.tag.name;
        if (name === 'query' && node.quasi.expressions.length > 0) context.report({ node, messageId: 'interpolated' });
      },
    };
  },
};

/** A rule may be switched off where it is wrong, for named rules and with the reason beside it. */
const explainedExceptions = {
  meta: {
    type: 'suggestion',
    schema: [],
    messages: {
      unexplained: 'Say why: `// eslint-disable-next-line rule -- reason`, or `// @ts-expect-error reason`.',
      everything: 'Name the rules that are switched off.',
    },
  },
  create(context) {
    return {
      Program() {
        for (const comment of context.sourceCode.getAllComments()) {
          const [, names] = /^\s*eslint-disable(?:-next-line|-line)?\b(.*)/s.exec(comment.value) ?? [];
          if (names === undefined) continue;
          const [rules, reason = ''] = names.split(/\s--\s/);
          // Reported one line early, where a comment that switches off everything cannot switch this off too.
          const loc = { line: Math.max(1, comment.loc.start.line - 1), column: 0 };
          if (rules.trim() === '') context.report({ loc, messageId: 'everything' });
          else if (reason.trim().length < 8) context.report({ loc, messageId: 'unexplained' });
        }
      },
    };
  },
};

export default {
  meta: { name: 'fairlead' },
  rules: { 'no-interpolated-sql': noInterpolatedSql, 'explained-exceptions': explainedExceptions },
};
