import { describe, expect, it } from 'vitest';
import { declaredNames, definitionTitle } from '../../../../src/core/scope/definition-name.js';

describe('declaredNames', () => {
  it.each([
    ['    def refund(self, total):', ['refund']],
    ['    async def total(self) -> Order:', ['total']],
    ['class Refund(Order):', ['Refund']],
    ['class Größe:', ['Größe']],
    ['  public Order total(int refund) {', ['total']],
    ['  @Override public <T> List<Order> total(T x) {', ['total']],
    ['public final class Refund extends Order implements Paid {', ['Refund']],
    ['    [HttpGet("order")] public Task<Order> Total(int x)', ['Total']],
    ['public class Refund : Order', ['Refund']],
    ['func (o *Order) Total(x int) int {', ['o', 'Order', 'Total']],
    ['func Total(o Order) int {', ['Total']],
    ['impl<T: Paid> fmt::Display for Order<T> {', ['fmt', 'Display', 'for', 'Order']],
    ['    pub fn total<T>(&self) -> Order {', ['total']],
    ['Money Order::total(int n) const', ['Order', 'total']],
    ['struct money *total(int n)', ['money', 'total']],
    ['fun <T> Order.total(): T {', ['Order', 'total']],
    ['  def self.total!(order)', ['self', 'total!']],
    ['class Shop::Order < Base', ['Shop', 'Order']],
    ['    public function &total(Order $order): Money', ['total']],
    ['  public decimal Total { get; }', ['public', 'decimal', 'Total', 'get']],
  ])('%j: %j', (line, names) => {
    expect([...declaredNames(line)]).toEqual(names);
  });

  it.each(['class '.repeat(50_000), `class ${'a '.repeat(50_000)}`, '<'.repeat(100_000), '@a('.repeat(50_000)])(
    'is quick on long lines',
    (line) => {
      const before = process.cpuUsage();
      declaredNames(line);
      definitionTitle(line);
      expect(process.cpuUsage(before).user / 1000).toBeLessThan(500);
    },
  );
});

describe('definitionTitle', () => {
  it.each([
    ['    def refund(self, total):', 'def refund'],
    ['class Order:', 'class Order'],
    ['func (o *Order) Total(x int) int {', 'func (o *Order) Total'],
    ['Money Order::total(int n)', 'Money Order::total'],
    ['class A\u001b[31m {', 'class A'],
    [`def ${'x'.repeat(80)}():`, `def ${'x'.repeat(56)}…`],
  ])('of %j is %j', (line, title) => {
    expect(definitionTitle(line)).toBe(title);
  });
});
