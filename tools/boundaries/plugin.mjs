// Makes each boundary a rule of oxlint.
import { dirname, join, relative, sep } from 'node:path';
import { RULES } from './rules.mjs';

export default {
  meta: { name: 'boundaries' },
  rules: Object.fromEntries(RULES.map((rule) => [rule.name, { create: (context) => visitor(rule, context) }])),
};

function visitor(rule, context) {
  const place = relative(context.cwd ?? process.cwd(), context.filename)
    .split(sep)
    .join('/');
  if (!rule.applies(place)) return {};
  const report = (node) => context.report({ node, message: rule.sentence });
  if (rule.refusesClock) return clockVisitor(report);
  const check = (node, source, specifiers = []) => {
    if (source?.type !== 'Literal' || typeof source.value !== 'string') return;
    const target = source.value.startsWith('.') ? join(dirname(place), source.value) : undefined;
    const names = specifiers.map(({ imported }) => imported?.name).filter(Boolean);
    if (rule.refuses(source.value, place, target) || names.some((name) => rule.refusesNames?.(source.value, name))) report(node);
  };
  return {
    ImportDeclaration: (node) => check(node, node.source, node.specifiers),
    ExportNamedDeclaration: (node) => check(node, node.source),
    ExportAllDeclaration: (node) => check(node, node.source),
    ImportExpression: (node) => check(node, node.source),
  };
}

function clockVisitor(report) {
  const isClock = ({ object, property }) => ['Date', 'performance'].includes(object?.name) && property?.name === 'now';
  return {
    MemberExpression: (node) => isClock(node) && report(node),
    NewExpression: (node) => node.callee.name === 'Date' && node.arguments.length === 0 && report(node),
    CallExpression: (node) => node.callee.name === 'Date' && report(node),
  };
}
